"""Mutation testing: which small changes of a translation would nobody notice (docs/explanation/mutation-testing.md)?"""
