// SPDX-License-Identifier: Apache-2.0
// The entries of property_kinds.hpp for effects and loss, and for rows (business invariants).
#include "sim/property/property_kinds.hpp"

namespace flowtank::property_tables {
namespace {

constexpr PropertyParameter event{"event", "event", "-", "Only this; all if left out."};
constexpr PropertyParameter channel{"channel", "channel", "-", "Only this; all if left out."};
constexpr PropertyParameter consumer{"consumer", "service", "-", "Only this; all if left out."};

constexpr PropertyParameter amount_parameters[] = {
    {"effect", "effect", "required", "What adds up."},
    {"limit", "expression", "required", "Over `key`, the business key: the most it may add up to; read when the effect happens."}};
constexpr PropertyParameter flow_parameters[] = {event, channel, consumer};
constexpr PropertyParameter replay_parameters[] = {
    {"handlers", "list of SERVICE.HANDLER", "-", "Handlers that only replay. One of handlers, while, fault."},
    {"while", "condition", "-", "Over tables: holds as long as a replay goes on."},
    {"fault", "fault", "-", "The fault that makes history come again: messages handled before it are replayed when they are handled after it."},
    {"effect", "effect", "-", "Only this; all if left out."}};
constexpr PropertyParameter gap_parameters[] = {
    {"retention", "time", "required", "How long the store that tells duplicates remembers an event."}, event, channel, consumer};
constexpr PropertyParameter key_parameters[] = {{"effect", "effect", "required", "What is asked for."}};

constexpr PropertyParameter aborted_parameters[] = {
    {"of", "transaction|run", "transaction", "Which transaction: of a database, around the making of the event; or of the broker, which a handler run is that consumes, transforms and produces."},
    {"event", "event", "-", "Only this; all if left out."},
    {"channel", "channel", "-", "Only this; all if left out."},
    {"consumer", "service", "-", "Only this; all if left out."}};

constexpr PropertyKindInfo effect_table[] = {
    {PropertyKind::at_most_amount, "at_most_amount", false, "P07", PropertyForm::monitor, "What an effect adds up to for a key stays within a limit.",
     "For every business key the sum of the amounts of the effect is never more than `limit`.", amount_parameters, "No run exceeds it.",
     "The key, the sum before and after, and the limit.", "The effect never happened.", "At-most-once semantics, for parts: refunds, shipments",
     R"j({"name": "charged no more than ordered", "use": "at_most_amount", "effect": "charge", "limit": "order.orders[key].amount_cents"})j"},
    {PropertyKind::no_acknowledged_loss, "no_acknowledged_loss", false, "P10", PropertyForm::monitor, "What a producer was told is stored reaches every group.",
     "Every message whose producer saw a good answer is handled, ignored or made a dead letter by every subscribed service that takes it. A publish without a good answer promises nothing.",
     flow_parameters, "No end leaves an acknowledged message unsettled.",
     "Each lost message, and the four sets: lost, recovered (settled without an acknowledgement), duplicated, unexpected (settled, never sent).",
     "No producer was told that such a message is stored.", "Jepsen, total-queue checker",
     R"j({"name": "no acknowledged loss", "use": "no_acknowledged_loss", "event": "OrderPlaced"})j"},
    {PropertyKind::no_aborted_read, "no_aborted_read", false, "P13", PropertyForm::monitor, "Nobody handles an event of a transaction that never committed.",
     "Every event that was made inside a database transaction and that a consumer has handled is committed in the end; that it was handled before the commit is right, and so is one that is made again and committed then. With `of`: `run`, what was handled of a run that then failed stays wrong, as a broker's transaction hides it until it commits.",
     aborted_parameters, "No end has such a reading.", "The event and who handled it.", "No event that was made in a transaction was handled.",
     "Adya, G1a (aborted reads); publishing inside a transaction",
     R"j({"name": "no aborted read", "use": "no_aborted_read", "event": "OrderPlaced"})j"},
    {PropertyKind::replay_is_silent, "replay_is_silent", false, "P15", PropertyForm::monitor, "Playing history again causes no effect.",
     "While a replay goes on (marked by handlers that replay, by a condition, or by the fault that makes history come again), no effect happens.",
     replay_parameters, "No run has one.", "The effect and the message that was replayed.", "No replay took place.",
     "Event sourcing: external updates and replays (Fowler)",
     R"j({"name": "replays are silent", "use": "replay_is_silent", "while": "size(order.orders) < 0"})j"},
    {PropertyKind::dedup_window, "dedup_window", false, "P16", PropertyForm::statistic, "What tells duplicates remembers long enough.",
     "Of every event that comes to a service more than once, the time from the first handling to each later one is at most `retention`.",
     gap_parameters, "Nothing; gaps have a length only in runs with time.", "The copy that came too late, its gap, and the largest gap of all.", "No event came twice.",
     "Deduplication windows of brokers and inboxes",
     R"j({"name": "the inbox remembers long enough", "use": "dedup_window", "consumer": "payment", "retention_s": 600})j"},
    {PropertyKind::idempotency_key, "idempotency_key", false, "P17", PropertyForm::monitor, "One operation, one idempotency key.",
     "All attempts at the effect for one business key carry the same idempotency key, and no key is used for two payloads (business key, amount). An attempt without a key is right only if it stays the only one.",
     key_parameters, "No run breaks it.", "Both attempts.", "The effect was never asked for twice.", "Idempotency keys of payment interfaces",
     R"j({"name": "key discipline", "use": "idempotency_key", "effect": "charge"})j"},
};

constexpr PropertyParameter rows{"for", "NAME in TABLE", "required", "Every row of the table; expressions read NAME and key."};
constexpr PropertyParameter stock_parameters[] = {
    rows,
    {"on_hand", "expression", "required", "An integer: what lies there."},
    {"initial", "expression", "-", "An integer: what lay there at first. Without it only on_hand >= 0 is demanded."},
    {"parts", "object", "none", "NAME: expression: where the rest is: reserved, sold."}};
constexpr PropertyParameter reference_parameters[] = {
    rows,
    {"to", "table", "required", "Where the keys must exist."},
    {"key", "expression", "the primary key", "The foreign key; null refers to nothing."},
    {"when", "condition", "-", "Rows that refer; all if left out."},
    {"unless", "condition", "-", "Rows that may dangle."},
    {"tombstones", "list of tables", "none", "Where deleted keys are noted: they exist too."}};
constexpr PropertyParameter unique_parameters[] = {
    rows,
    {"key", "expression", "required", "The business key; null is none."},
    {"when", "condition", "-", "Rows that count; all if left out."}};

constexpr PropertyKindInfo row_table[] = {
    {PropertyKind::stock, "stock", false, "P19", PropertyForm::state, "Stock is never negative, and none comes or goes unseen.",
     "For every row `on_hand` is at least 0 in every state; when nothing more will happen, `initial` is `on_hand` and all `parts` together.",
     stock_parameters, "No reachable state has negative stock, and every quiescent one adds up.", "The row with all parts.", "The table never had a row.",
     "Inventory: conservation", R"j({"name": "stock", "use": "stock", "for": "o in order.orders", "on_hand": "o.amount_cents", "initial": "o.amount_cents"})j"},
    {PropertyKind::references, "references", false, "P21", PropertyForm::terminal, "Keys of another service exist there.",
     "When nothing more will happen, the key that a row refers to has a row in `to`, or in one of the tables of tombstones.",
     reference_parameters, "No quiescent state has a dangling key.", "The row and the key that does not exist.", "No row ever referred to anything.",
     "Referential integrity across services",
     R"j({"name": "payments have orders", "use": "references", "for": "p in payment.payments", "to": "order.orders"})j"},
    {PropertyKind::unique, "unique", false, "P22", PropertyForm::state, "No two rows share a business key.",
     "In no state do two rows of the table have the same `key`.", unique_parameters, "No reachable state has two.", "Both rows.", "No row ever had a key.",
     "Uniqueness across entities", R"j({"name": "one order a key", "use": "unique", "for": "o in order.orders", "key": "o.order_id"})j"},
};

}  // namespace

std::span<const PropertyKindInfo> effects() { return effect_table; }
std::span<const PropertyKindInfo> rows() { return row_table; }

}  // namespace flowtank::property_tables
