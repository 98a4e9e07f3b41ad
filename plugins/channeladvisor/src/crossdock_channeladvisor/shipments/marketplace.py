"""What the words mean in which ChannelAdvisor tells what a marketplace made of a shipment or an adjustment; as data.

Accepted by ChannelAdvisor and accepted by the marketplace are two facts: these words tell the second one, later. A
word that is not here means that nothing is decided yet.
"""

from collections.abc import Iterable, Mapping

from crossdock import AnswerState, FinalAnswer

SHIPMENT = {
    "Pending": AnswerState.PENDING,
    "InProgress": AnswerState.PENDING,
    "Complete": AnswerState.ACCEPTED,
    "CompletedWithoutNotification": AnswerState.ACCEPTED,  # assumed: a site that is not told of shipments
    "Failed": AnswerState.REFUSED,
}
"""By `MarketplaceShippingStatus` of a fulfillment's rows; the words are metadata, their meaning follows from them."""

ADJUSTMENT = {
    "PostProcessingComplete": AnswerState.ACCEPTED,  # documented: done
    "InformationOnly": AnswerState.ACCEPTED,  # assumed: it was recorded, and nobody is to answer
    "Error": AnswerState.REFUSED,  # documented: failed
    "RejectionCompleted": AnswerState.REFUSED,  # assumed: the request was turned down
    "SubmittedNotProcessed": AnswerState.PENDING,
    "NewRma": AnswerState.PENDING,
    "PendingApproval": AnswerState.PENDING,
    "ProcessingApproval": AnswerState.PENDING,
    "ReadyForReturn": AnswerState.PENDING,
    "PendingReturn": AnswerState.PENDING,
    "ProcessingReturn": AnswerState.PENDING,
    "PendingRejection": AnswerState.PENDING,  # assumed, as all of these: only its end decides
    "ProcessingRejection": AnswerState.PENDING,
    "ProcessedNotAcknowledged": AnswerState.PENDING,
    "PendingReturnRejection": AnswerState.PENDING,
    "ProcessingReturnRejection": AnswerState.PENDING,
    "AcknowledgedPostProcessingNotComplete": AnswerState.PENDING,
    "NoChange": AnswerState.PENDING,
}
"""By `RequestStatus` of an adjustment; the words are metadata."""


def answer_of(words: Iterable[str], meanings: Mapping[str, AnswerState], remarks: Iterable[str] = ()) -> FinalAnswer:
    """One answer from those of all parts: refused if one part is, accepted if every part is, otherwise pending."""
    said = list(dict.fromkeys(words))
    states = [meanings.get(word, AnswerState.PENDING) for word in said]
    if AnswerState.REFUSED in states:
        state = AnswerState.REFUSED
    else:
        state = AnswerState.ACCEPTED if states and set(states) == {AnswerState.ACCEPTED} else AnswerState.PENDING
    remark = "; ".join(filter(None, dict.fromkeys(remarks)))
    return FinalAnswer(state, ": ".join(filter(None, (", ".join(filter(None, said)), remark))))
