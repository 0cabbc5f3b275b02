// SPDX-License-Identifier: Apache-2.0
// The entries of property_kinds.hpp for conditions of the user's own, and for the oldest kinds of the library.
#include "sim/property/property_kinds.hpp"

namespace flowtank::property_tables {
namespace {

constexpr PropertyParameter quantified{"for", "NAME in TABLE", "-", "Every row of the table; the condition reads NAME and key. Without it the condition is about the whole."};
constexpr PropertyParameter quantified_required{"for", "NAME in TABLE", "required", "Every row of the table; conditions read NAME and key."};

constexpr PropertyParameter always_parameters[] = {{"always", "condition", "required", "What holds in every state."}, quantified};
constexpr PropertyParameter at_quiescence_parameters[] = {{"at_quiescence", "condition", "required", "What holds whenever nothing more will happen."}, quantified};
constexpr PropertyParameter eventually_parameters[] = {{"eventually", "condition", "required", "What every run (for every row) has met once."}, quantified};
constexpr PropertyParameter leads_to_parameters[] = {
    {"leads_to", "condition", "required", "What follows."},
    quantified_required,
    {"when", "condition", "required", "What it follows, each time anew."},
    {"within", "time", "-", "Deadline; judged by runs with time."}};

constexpr PropertyKindInfo own_table[] = {
    {PropertyKind::always, "always", true, "P20", PropertyForm::state, "A condition that holds in every state.",
     "The condition holds in every reachable state, for every row of the table if `for` is given. Between the rows of one commit nobody looks.",
     always_parameters, "No reachable state breaks it.", "The row, the columns that the condition names, and the change that broke it.",
     "The table never had a row; without `for`, none of the tables read ever had one.", "Lamport, safety properties",
     R"j({"name": "no order is negative", "for": "o in order.orders", "always": "o.amount_cents >= 0"})j"},
    {PropertyKind::at_quiescence, "at_quiescence", true, "P20", PropertyForm::terminal, "A condition that holds whenever nothing more will happen.",
     "In every state in which no action is left but faults, the condition holds, for every row of the table if `for` is given.",
     at_quiescence_parameters, "No quiescent state breaks it.", "The row and the columns that the condition names.",
     "The table never had a row.", "Quiescent consistency",
     R"j({"name": "every order is paid", "for": "o in order.orders", "at_quiescence": "o.status == 'paid'"})j"},
    {PropertyKind::eventually, "eventually", true, "P20", PropertyForm::promise, "A condition that every run meets once.",
     "Every run (for every row that ever exists) comes to a state in which the condition holds; once is enough.",
     eventually_parameters, "Every run that ends has been there, and none goes round for ever without.", "The row that waits.",
     "The table never had a row; never without `for`.", "Temporal logic",
     R"j({"name": "somebody is paid", "for": "o in order.orders", "eventually": "o.status == 'paid'"})j"},
    {PropertyKind::leads_to, "leads_to", true, "P20", PropertyForm::promise, "Whenever one condition holds, another holds then or later.",
     "For every row: as often as `when` holds, `leads_to` holds then or later. A row that is deleted meanwhile goes on owing.",
     leads_to_parameters, "As often as `when` held, the other held then or later.", "The row that waits, since when, and what it is now.",
     "`when` never held.", "Temporal logic (response)",
     R"j({"name": "placed orders are paid", "for": "o in order.orders", "when": "o.status == 'placed'", "leads_to": "o.status == 'paid'", "within_s": 30})j"},
};

constexpr PropertyParameter converges_parameters[] = {
    {"left", "table", "required", "One store."},
    {"right", "table", "required", "The other."},
    {"compare", "columns", "all common columns", "List of columns both have, or an object from a column of the left to one of the right."},
    {"ignore", "columns", "none", "Columns left out when `compare` is."},
    {"values", "object", "none", "NAME: {left, right}: two expressions, over the row `left` and over the row `right`, that must be equal."},
    {"key", "expression", "the primary key", "Over `left`: the primary key of the row on the right."},
    {"when", "condition", "-", "Over `left`: rows for which it does not hold are left out on both sides."},
    {"on", "column", "-", "The primary key of both, to say it aloud."}};
constexpr PropertyParameter at_most_parameters[] = {
    {"effect", "effect", "required", "What must not happen too often."},
    {"at_most", "integer 0..2", "1", "How often it may happen for a key."},
    {"key", "text", "-", "What the key is, for readers."}};
constexpr PropertyParameter demanded_parameters[] = {
    {"effect", "effect", "required", "What must happen."},
    quantified_required,
    {"when", "condition", "-", "Rows that ask for it; all if left out."},
    {"unless", "condition", "-", "An agreed negative outcome: rows for which it holds ask for nothing."},
    {"key", "expression", "the primary key", "The business key of the effect, over the row."}};
constexpr PropertyParameter missing_parameters[] = {
    {"event", "event", "required", "What must have been accepted by a broker."},
    quantified_required,
    {"when", "condition", "-", "Rows that ask for it; all if left out."},
    {"key", "expression", "the primary key", "The key of the event, over the row."}};
constexpr PropertyParameter ghost_parameters[] = {
    {"event", "event", "required", "What announces a change."},
    {"announced_by", "condition", "required", "Over `key`, the event's key: the change is there."},
    {"in_every_state", "boolean", "false", "Not only when nothing more will happen."}};
constexpr PropertyParameter dropped_parameters[] = {
    {"event", "event", "-", "Only this; all if left out."},
    {"channel", "channel", "-", "Only this; all if left out."},
    {"consumer", "service", "-", "Only this; all if left out."},
    {"allowed", "list of fates", "none", "Fates that are no drop: ignored, lost, expired, evicted, unroutable."}};
constexpr PropertyParameter conserved_parameters[] = {
    {"left", "expression", "required", "One side, over tables: sums and counts."},
    {"right", "expression", "required", "The other side."},
    {"in_every_state", "boolean", "false", "Not only when nothing more will happen."}};
constexpr PropertyParameter transition_parameters[] = {
    {"table", "table", "required", "Where."},
    {"column", "column", "required", "Whose changes."},
    {"allowed", "object", "required", "From each value, the list of those that may follow."},
    {"start", "list of values", "-", "How a row may begin; anyhow if left out."}};
constexpr PropertyParameter stuck_parameters[] = {
    quantified_required,
    {"until", "condition", "required", "The row has arrived."},
    {"within", "time", "-", "Deadline after the row came to be; judged by runs with time."},
    {"after_faults", "time", "-", "With `within`: later is right too, within this after the last fault was over."}};

constexpr PropertyKindInfo library_table[] = {
    {PropertyKind::converges, "converges", false, "P01", PropertyForm::terminal, "Two stores tell the same story in the end.",
     "When nothing more will happen, rows belong together by primary key (or `key`), both sides have them, and the compared columns and values are equal; numbers are compared by value.",
     converges_parameters, "Compared columns agree in every quiescent state.",
     "The key, both values or the side where the row is missing, since when they differ, and the message that changed each side last.",
     "Neither table ever had a row.", "Eventual consistency; convergence at quiescence",
     R"j({"name": "the read model converges", "use": "converges", "left": "order.orders", "right": "readmodel.statuses", "compare": ["status"]})j"},
    {PropertyKind::at_most_once_effect, "at_most_once_effect", false, "P07", PropertyForm::monitor, "An effect happens at most once for a key.",
     "For no business key does the effect happen more often than `at_most` times; requests that the receiver knows by their idempotency key do not count.",
     at_most_parameters, "No run does it more often.", "The key, how often it happened, and the latest time.", "The effect never happened.",
     "At-most-once semantics", R"j({"name": "charged at most once", "use": "at_most_once_effect", "effect": "charge"})j"},
    {PropertyKind::at_least_once_effect, "at_least_once_effect", false, "P08", PropertyForm::terminal, "Every row that asks for an effect gets it.",
     "When nothing more will happen, the effect has happened for the key of every row for which `when` holds and `unless` does not.",
     demanded_parameters, "Every row that asks got it.", "The row that asks.", "No row asked.", "At-least-once semantics",
     R"j({"name": "every order is charged", "use": "at_least_once_effect", "effect": "charge", "for": "o in order.orders"})j"},
    {PropertyKind::exactly_once_effect, "exactly_once_effect", false, "P09", PropertyForm::monitor, "An effect happens once for every row that asks.",
     "at_most_once_effect and at_least_once_effect together.", demanded_parameters, "Both.", "As for whichever is broken.", "No row asked.",
     "Effectively-once processing",
     R"j({"name": "charged exactly once", "use": "exactly_once_effect", "effect": "charge", "for": "o in order.orders"})j"},
    {PropertyKind::no_missing_event, "no_missing_event", false, "P11", PropertyForm::terminal, "Every committed change is announced.",
     "When nothing more will happen, a broker has accepted the event for the key of every row for which `when` holds.",
     missing_parameters, "Every row that asks was announced.", "The row without its event.", "No row asked.",
     "Dual write problem; transactional outbox",
     R"j({"name": "every order is announced", "use": "no_missing_event", "event": "OrderPlaced", "for": "o in order.orders"})j"},
    {PropertyKind::no_ghost_event, "no_ghost_event", false, "P12", PropertyForm::terminal, "Every event announces a committed change.",
     "For the key of every event that a broker has accepted, the change that it announces is there (when nothing more will happen, or in every state).",
     ghost_parameters, "Every accepted key has its change.", "The key and what is missing.", "The event was never accepted.",
     "Dual write problem", R"j({"name": "no ghost order", "use": "no_ghost_event", "event": "OrderPlaced", "announced_by": "key in order.orders"})j"},
    {PropertyKind::nothing_dropped, "nothing_dropped", false, "P14", PropertyForm::monitor, "Every accepted message ends handled or dead, for everybody who takes it.",
     "Every message that a broker accepted ends, for each subscription whose service has a handler for it, as handled, as a dead letter, or with a fate that `allowed` names. One handled copy is enough.",
     dropped_parameters, "Every message ends well.", "The message, for whom, and its fate.",
     "No message that somebody handles was accepted.", "Dead letter channel (Enterprise Integration Patterns)",
     R"j({"name": "nothing is dropped", "use": "nothing_dropped", "allowed": ["expired"]})j"},
    {PropertyKind::conserved, "conserved", false, "P18", PropertyForm::terminal, "Two sums are equal.",
     "`left` and `right` have the same value when nothing more will happen, or in every state.", conserved_parameters,
     "Both sides are equal.", "Both values.", "None of the tables read ever had a row.", "Double-entry bookkeeping",
     R"j({"name": "money is conserved", "use": "conserved", "left": "size(order.orders)", "right": "size(payment.payments)"})j"},
    {PropertyKind::legal_transitions, "legal_transitions", false, "P27 P28", PropertyForm::monitor, "A column changes only along allowed pairs.",
     "Every committed change of the column goes from a value to one that `allowed` lists for it; a value that lists nothing is final. Deleting a row is no transition.",
     transition_parameters, "No commit leaves the relation.", "From, to, and what may follow.", "The column never changed.", "State machines",
     R"j({"name": "the life of an order", "use": "legal_transitions", "table": "order.orders", "column": "status", "allowed": {"placed": ["paid", "cancelled"]}})j"},
    {PropertyKind::not_stuck, "not_stuck", false, "P30 P31", PropertyForm::promise, "Every row arrives.",
     "For every row, as long as it exists, `until` comes to hold: in the end, within a deadline, or within another after the last fault was over.",
     stuck_parameters, "No run ends, or goes round for ever, with the row short of it.", "The row, what it is, how long it waits.", "The table never had a row.",
     "Liveness; sagas terminate",
     R"j({"name": "no order is stuck", "use": "not_stuck", "for": "o in order.orders", "until": "o.status in ['paid', 'cancelled']", "within_s": 60})j"},
};

}  // namespace

std::span<const PropertyKindInfo> own() { return own_table; }
std::span<const PropertyKindInfo> library() { return library_table; }

}  // namespace flowtank::property_tables
