"""The laws of mappings: every pipeline's rules of a config as property tests, without a network or a store."""

from crossdock.testing.mapping.law import MappingLaw, mapping_laws
from crossdock.testing.mapping.subject import MappingSubject, subjects_of
from crossdock.testing.mapping.trial import Breach, Trial, Verdict

__all__ = ["Breach", "MappingLaw", "MappingSubject", "Trial", "Verdict", "mapping_laws", "subjects_of"]
