"""What can go wrong, as meaning; no HTTP here (``routes/errors.py`` holds the one status table).

::

    QuaestioError                  code, retryable, message for a person
    ├── InvalidRequest             the request contradicts itself or the state of the session
    │   ├── NoDocumentSelected
    │   ├── TooManyQuestions
    │   └── KeyReused              an Idempotency-Key that stands for another request
    ├── NotAuthenticated           no credential, or one that is not good (any more)
    │   └── WrongPassword          or a user that nobody made
    ├── ScopeMissing               the credential is good, but not for this
    ├── TooManyAttempts            to log in as somebody, lately
    ├── NotFound
    │   ├── KeyNotFound            no such API key that is not revoked
    │   ├── UserNotFound
    │   ├── DocumentNotFound
    │   ├── JobNotFound
    │   ├── CollectionNotFound
    │   ├── AnswerNotFound         a streamed answer that is over and forgotten, or was never there
    │   ├── QuestionSetNotFound    or an item of one
    │   ├── IndexNotFound
    │   ├── VectorNotFound
    │   └── SessionNotFound        a session of FAISS objects
    ├── Conflict                   the request is right, the store is not ready for it
    │   ├── UserExists
    │   ├── EmptyLibrary
    │   ├── OtherModel             vectors of another embedding model than the one in use
    │   ├── CollectionExists
    │   ├── JobNotRetryable
    │   ├── NoOtherQuestion        the place of an item carries no further one
    │   ├── IndexExists
    │   ├── IndexInUse             another process or handle writes the index
    │   ├── VectorExists           an id that is there already
    │   ├── NotTrained             this type of index learns from examples before it holds any
    │   └── SessionLost            the process that held the FAISS objects ended
    ├── QuotaExceeded              the tenant has as much of something as it may
    ├── CallTooLong                one call of FAISS took longer than allowed
    ├── TooLarge                   over a limit that a setting names
    ├── DamagedIndex               what was stored is no longer what was written
    ├── UnsupportedFile            a type of file that is not read
    ├── UnreadableFile             a supported type, but this file cannot be used
    │   ├── EmptyFile
    │   ├── EncryptedFile
    │   ├── DamagedFile
    │   ├── NoTextInFile
    │   └── ExtractionLimit        the file asks for more memory, time or pages than allowed
    ├── TopicNotFound              nothing in the documents is about it
    ├── TooManyRequests            retryable: over a rate that a setting names
    │   └── TooManyStreams         as many answers are being streamed as may be
    ├── Stopped                    a person cancelled the work
    ├── GaveUp                     it broke off at every attempt, and nobody foresaw why
    ├── StorageFull                retryable: the disk holds no more
    └── Unavailable                retryable: a component is down or still starting
        ├── ModelUnavailable       a language model gives no answer, whatever the reason
        │   └── ModelBusy          it asks to wait (429)
        └── ConfigurationError     refused at start: settings that cannot work together
"""

from __future__ import annotations

from typing import ClassVar


class QuaestioError(Exception):
    """Root of the tree. ``str(error)`` is a sentence for a person that says what to do."""

    code: ClassVar[str] = "internal_error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after_s = retry_after_s
        """Seconds after which to try again; None where nobody knows."""


class InvalidRequest(QuaestioError):
    """The request contradicts itself or the state of the session."""

    code = "invalid_request"


class NoDocumentSelected(InvalidRequest):
    """The session has no selected document."""

    code = "no_document_selected"


class TooManyQuestions(InvalidRequest):
    """More than MAX_QUESTIONS in one request."""

    code = "too_many_questions"


class KeyReused(InvalidRequest):
    """An Idempotency-Key that stands for another request."""

    code = "idempotency_key_reused"


class NotAuthenticated(QuaestioError):
    """No credential came with the request, or one that is wrong, expired or revoked."""

    code = "not_authenticated"


class WrongPassword(NotAuthenticated):
    """The password is not the user's, or there is no such user: which of the two is not said."""

    code = "wrong_password"


class ScopeMissing(QuaestioError):
    """The credential is good, but not for what was asked."""

    code = "scope_missing"

    def __init__(self, message: str, scope: str = "") -> None:
        super().__init__(message)
        self.scope = scope
        """What it would have to allow."""


class TooManyAttempts(QuaestioError):
    """Somebody tried passwords too often."""

    code = "too_many_attempts"
    retryable = True


class NotFound(QuaestioError):
    """The named thing does not exist for this tenant."""

    code = "not_found"


class KeyNotFound(NotFound):
    """No such API key that is not revoked."""

    code = "key_not_found"


class UserNotFound(NotFound):
    """No such user."""

    code = "user_not_found"


class DocumentNotFound(NotFound):
    """No such document for this tenant."""

    code = "document_not_found"


class JobNotFound(NotFound):
    """No such job for this tenant."""

    code = "job_not_found"


class CollectionNotFound(NotFound):
    """No such collection for this tenant."""

    code = "collection_not_found"


class AnswerNotFound(NotFound):
    """A streamed answer that is over and forgotten, or was never there."""

    code = "answer_not_found"


class QuestionSetNotFound(NotFound):
    """No such question set, or no such item in it, for this tenant."""

    code = "question_set_not_found"


class IndexNotFound(NotFound):
    """No such vector index for this tenant."""

    code = "index_not_found"


class VectorNotFound(NotFound):
    """No vector with this id in the index."""

    code = "vector_not_found"


class SessionNotFound(NotFound):
    """No such session of FAISS objects for this tenant."""

    code = "session_not_found"


class Conflict(QuaestioError):
    """The request is right, but the store is not in a state to serve it."""

    code = "conflict"


class UserExists(Conflict):
    """The name is taken, in this tenant or another."""

    code = "user_exists"


class EmptyLibrary(Conflict):
    """There is no finished document to work from."""

    code = "empty_library"


class CollectionExists(Conflict):
    """There is a collection of that name."""

    code = "collection_exists"


class OtherModel(Conflict):
    """Vectors that another embedding model made than the one in use."""

    code = "other_embedding_model"


class JobNotRetryable(Conflict):
    """The job goes on or has finished."""

    code = "job_not_retryable"


class NoOtherQuestion(Conflict):
    """The text around an item carries no further question."""

    code = "no_other_question"


class IndexExists(Conflict):
    """The tenant has a vector index of this name."""

    code = "index_exists"


class IndexInUse(Conflict):
    """Another process or handle writes the index."""

    code = "index_in_use"


class VectorExists(Conflict):
    """The index holds a vector with this id."""

    code = "vector_exists"


class NotTrained(Conflict):
    """This type of index learns from examples before it holds any vector."""

    code = "index_not_trained"


class SessionLost(Conflict):
    """The process that held a tenant's FAISS objects ended, and they with it."""

    code = "session_lost"


class QuotaExceeded(QuaestioError):
    """The tenant has as much of something as it may."""

    code = "quota_exceeded"
    retryable = True


class CallTooLong(QuaestioError):
    """One call of FAISS took longer than a setting allows."""

    code = "call_too_long"


class TooLarge(QuaestioError):
    """Over a limit that a setting names."""

    code = "too_large"


class DamagedIndex(QuaestioError):
    """A vector index on the disk is no longer what was written, and cannot be put right by itself."""

    code = "damaged_index"


class UnsupportedFile(QuaestioError):
    """A type of file that is not read."""

    code = "unsupported_file"


class UnreadableFile(QuaestioError):
    """A supported type, but this file cannot be used."""

    code = "unreadable_file"


class EmptyFile(UnreadableFile):
    """Zero bytes."""

    code = "empty_file"


class EncryptedFile(UnreadableFile):
    """A password is needed to read it."""

    code = "encrypted_file"


class DamagedFile(UnreadableFile):
    """Cut off or corrupt beyond reading."""

    code = "damaged_file"


class NoTextInFile(UnreadableFile):
    """Opens well but holds no words, e.g. a scan."""

    code = "no_text_in_file"


class ExtractionLimit(UnreadableFile):
    """The file asks for more memory, time, pages or text than the settings allow."""

    code = "extraction_limit"


class TopicNotFound(QuaestioError):
    """Nothing in the documents is about the topic."""

    code = "topic_not_found"


class TooManyRequests(QuaestioError):
    """Over a rate that a setting names."""

    code = "too_many_requests"
    retryable = True


class TooManyStreams(TooManyRequests):
    """As many answers are being streamed as may be."""

    code = "too_many_streams"


class Stopped(QuaestioError):
    """A person cancelled the work."""

    code = "stopped"


class GaveUp(QuaestioError):
    """A job broke off at every attempt, and nobody foresaw why."""

    code = "gave_up"


class StorageFull(QuaestioError):
    """The disk holds no more; reads go on."""

    code = "storage_full"
    retryable = True


class Unavailable(QuaestioError):
    """A component is down or still starting; the same call may succeed later."""

    code = "unavailable"
    retryable = True


class ModelUnavailable(Unavailable):
    """A language model gives no answer; callers fall back to the next tier."""

    code = "model_unavailable"


class ModelBusy(ModelUnavailable):
    """The provider asks to wait: 429, or a budget that is spent."""

    code = "model_busy"


class ConfigurationError(Unavailable):
    """Settings that cannot work together; raised at start with the change to make."""

    code = "configuration_error"
    retryable = False
