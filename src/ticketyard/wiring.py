"""The whole product on one page: which event wakes which listeners, what the program is made of."""

from pathlib import Path

from ticketyard.alerts import jobs as alerts
from ticketyard.alerts.events import AlertStormStarted
from ticketyard.core.config import Settings
from ticketyard.core.db import Database
from ticketyard.core.embedded import EmbeddedPostgres
from ticketyard.core.jobs import Wiring, Worker
from ticketyard.core.pruning import prune_expired
from ticketyard.core.resources import Resources
from ticketyard.core.storage import Blobs
from ticketyard.escalation import jobs as escalation
from ticketyard.escalation.events import EscalationReached
from ticketyard.insights import jobs as insights
from ticketyard.intake import jobs as intake
from ticketyard.intake.events import (
    ImportRequested,
    ImportStored,
    MessageDismissed,
    MessageOpened,
)
from ticketyard.knowledge import jobs as knowledge
from ticketyard.knowledge.events import (
    ChatHandedOver,
    DocumentRead,
    FileDeleted,
    SolutionAskedAgain,
)
from ticketyard.knowledge.lane import ReadingLane
from ticketyard.knowledge.learning import jobs as knowledge_learning
from ticketyard.knowledge.learning.pruning import prune_learning
from ticketyard.knowledge.retrieving import jobs as retrieving
from ticketyard.mailboxes import jobs as mailboxes
from ticketyard.mailboxes.events import MailBounced, MailboxFailing
from ticketyard.notify import jobs as notify
from ticketyard.notify.events import MailQueued
from ticketyard.outlet import jobs as outlet
from ticketyard.outlet.consuming.handling import Handlers
from ticketyard.outlet.consuming.told_files import forget_told_file, take_told_file
from ticketyard.outlet.consuming.told_tickets import answer_told_ticket
from ticketyard.outlet.events import TicketEventTaken
from ticketyard.outlet.lane import Lane
from ticketyard.parts import build_parts
from ticketyard.routing import jobs as routing
from ticketyard.routing.events import MapAsked, ProcessingRequested
from ticketyard.sla import jobs as sla
from ticketyard.sla.events import ServiceLevelsChanged, SlaBreached, SlaWarned
from ticketyard.sla.timing import Timer
from ticketyard.tickets.events import (
    CategoryRenamed,
    CommentAdded,
    TicketAssigned,
    TicketChanged,
    TicketMergedInto,
    TicketOpened,
    TicketReread,
    TicketSplit,
    TicketStatusChanged,
)
from ticketyard.triage import jobs as triage
from ticketyard.triage.events import TicketTriaged, TriageCorrected, TriageRevised
from ticketyard.triage.learning import jobs as learning
from ticketyard.triage.learning.events import (
    EnoughAnalysed,
    ModelPromoted,
    ModelRolledBack,
    TrainingEnded,
    TrainingRequested,
)
from ticketyard.triage.pruning import delete_training_files, prune_triage
from ticketyard.triage.resolving.lane import ActionLane
from ticketyard.triage.second_opinion.asker import Asker
from ticketyard.webhooks import jobs as webhooks
from ticketyard.webhooks.events import WebhookDisabled

WIRING = Wiring(
    listeners={
        TicketOpened: [
            sla.follow_tickets,
            escalation.start_on_opening,
            triage.triage_tickets,
            notify.acknowledge,
        ],
        TicketReread: [triage.triage_tickets],
        CategoryRenamed: [
            triage.follow_new_names,
            sla.follow_new_names,
            escalation.follow_new_names,
            knowledge.follow_new_names,
        ],
        TrainingRequested: [learning.train_requested],
        EnoughAnalysed: [learning.train_by_count],
        TrainingEnded: [delete_training_files],
        ModelPromoted: [triage.reanalyse_waiting],
        ModelRolledBack: [triage.reanalyse_waiting],
        TicketTriaged: [
            triage.resolve_tickets,
            routing.place_tickets,
            escalation.start_on_opening,
            knowledge.propose_for_tickets,
        ],
        TriageCorrected: [routing.resort_tickets],
        TriageRevised: [routing.resort_tickets],
        CommentAdded: [sla.follow_tickets, notify.mail_answers, notify.tell_agents],
        TicketStatusChanged: [
            sla.follow_tickets,
            escalation.start_on_reopening,
            notify.tell_requesters,
        ],
        TicketMergedInto: [
            alerts.follow_merged,
            sla.follow_tickets,
            mailboxes.follow_merges,
        ],
        TicketSplit: [mailboxes.follow_merges],
        TicketChanged: [sla.follow_tickets, escalation.start_on_opening],
        TicketAssigned: [sla.follow_tickets, notify.tell_agents],
        SlaWarned: [escalation.start_on_promise, notify.tell_agents],
        SlaBreached: [escalation.start_on_promise, notify.tell_agents],
        EscalationReached: [notify.tell_agents],
        AlertStormStarted: [notify.tell_agents],
        ServiceLevelsChanged: [sla.follow_rules],
        MailboxFailing: [notify.tell_agents],
        WebhookDisabled: [notify.tell_agents],
        MailBounced: [notify.take_back_bounced],
        MailQueued: [notify.send_queued],
        MessageOpened: [mailboxes.follow_looked_at],
        MessageDismissed: [mailboxes.follow_looked_at],
        MapAsked: [routing.ask_the_map],
        ProcessingRequested: [routing.process_tickets],
        ImportRequested: [intake.read_imports],
        ImportStored: [routing.close_imports],
        ChatHandedOver: [knowledge.give_out_handed_over, notify.tell_agents],
        FileDeleted: [knowledge.delete_bytes],
        DocumentRead: [knowledge_learning.try_open_gaps],
        SolutionAskedAgain: [knowledge.propose_again],
        TicketEventTaken: [outlet.answer_told],
    },
    jobs=(
        learning.run_training,
        notify.send_due_mail,
        notify.send_notifications,
        webhooks.deliver_due,
    ),
    timetable=(
        ("* * * * * */2", alerts.keep_alerts_up),
        ("* * * * * */5", escalation.climb_due),
        ("* * * * *", notify.wake_postman),
        ("* * * * * */2", retrieving.copy_vectors),
        ("23 * * * *", retrieving.fill_vectors),
        ("* * * * * */30", webhooks.wake_webhooks),
        ("* * * * * */30", notify.wake_notifications),
        ("41 2 * * *", prune_expired),
        ("*/5 * * * *", sla.count_the_uncounted),
        ("23 3 1 * *", sla.fill_holidays),
        ("51 2 * * *", webhooks.prune_deliveries),
        ("53 2 * * *", outlet.prune_outlet),
        ("*/5 * * * *", outlet.mind_outlet),
        ("55 2 * * *", notify.prune_notifications),
        ("57 2 * * *", prune_triage),
        ("*/5 * * * *", triage.retry_untriaged),
        ("*/5 * * * *", knowledge.retry_unanswered),
        ("*/10 * * * *", knowledge.end_left_chats),
        ("*/2 * * * *", knowledge_learning.find_gaps),
        ("*/10 * * * *", knowledge_learning.draft_from_tickets),
        ("29 * * * *", knowledge_learning.follow_answered),
        ("13 4 * * *", knowledge_learning.learn_from_judgements),
        ("59 2 * * *", prune_learning),
        ("* * * * *", learning.look_after_trainings),
        ("37 1 * * *", learning.train_nightly),
        ("*/5 * * * *", insights.mail_reports),
        ("*/10 * * * *", routing.close_late_imports),
    ),
)


def open_database(url: str) -> Database:
    """The database with the listeners of this program."""
    return Database(url, listeners=WIRING.names())


def build_resources(db: Database, blobs: Blobs, settings: Settings) -> Resources:
    """Everything a route or a job may reach."""
    return Resources(db=db, blobs=blobs, parts=build_parts(db, settings))


def build_worker(resources: Resources, settings: Settings) -> Worker:
    """The worker that runs what this page says."""
    return Worker(
        resources,
        WIRING,
        concurrency=settings.worker_concurrency,
        max_attempts=settings.job_max_attempts,
    )


def build_asker(resources: Resources) -> Asker:
    """What asks the language model; runs beside the worker."""
    return Asker(resources)


def build_action_lane(resources: Resources) -> ActionLane:
    """What runs actions on tickets; runs beside the worker."""
    return ActionLane(resources)


def build_timer(resources: Resources) -> Timer:
    """What tells warnings and breaches on time; runs beside the worker."""
    return Timer(resources)


def build_lane(resources: Resources) -> Lane:
    """What tells a Celery broker what happened; runs beside the worker."""
    return Lane(resources)


def consumer_handlers() -> Handlers:
    """What is done about a broker's messages: the same verbs that our own listeners call."""
    return Handlers(
        file_uploaded=take_told_file,
        file_deleted=forget_told_file,
        ticket_created=answer_told_ticket,
    )


def build_reading_lane(resources: Resources) -> ReadingLane:
    """What reads documents; runs beside the worker."""
    return ReadingLane(resources)


def embedded(settings: Settings) -> EmbeddedPostgres | None:
    """The PostgreSQL that comes along, unless a DATABASE_URL is given."""
    if settings.database_url.get_secret_value():
        return None
    return EmbeddedPostgres(Path(settings.data_dir) / "postgres")
