// SPDX-License-Identifier: Apache-2.0
// The entries of property_kinds.hpp for what sessions see: session guarantees and staleness.
#include "sim/property/property_kinds.hpp"

namespace flowtank::property_tables {
namespace {

constexpr PropertyParameter client{"client", "client", "-", "Only its sessions; all if left out."};
constexpr PropertyParameter reads{"reads", "list of steps", "-", "Only these steps of scripts, by name; all reads if left out."};
constexpr PropertyParameter writes{"writes", "list of steps", "-", "Only these steps of scripts; all whose answer names a version if left out."};
constexpr PropertyParameter tables{"tables", "list of tables", "required", "Where order must be respected: each has a column of versions."};
constexpr PropertyParameter column{"column", "column", "version", "The column of versions, integers that grow."};

constexpr PropertyParameter guarantee_parameters[] = {client, reads, writes};
constexpr PropertyParameter read_parameters[] = {client, reads};
constexpr PropertyParameter write_parameters[] = {tables, column, client, writes};
constexpr PropertyParameter follow_parameters[] = {tables, column, client, reads, writes};
constexpr PropertyParameter stale_parameters[] = {
    {"table", "table", "required", "The source, whose rows have the newest version."},
    {"column", "column", "-", "Its version, an integer that grows by one with each change; left out: the count of its committed changes."},
    {"within", "time", "-", "How old a read may be. One of within and versions is needed."},
    {"versions", "integer", "-", "How many newer versions there may be."}, client, reads};
constexpr PropertyParameter pbs_parameters[] = {
    {"table", "table", "required", "The source, whose rows have the newest version."},
    {"column", "column", "-", "Its version; left out: the count of its committed changes."},
    {"within", "time", "-", "A read that is no older is fresh. One of within and versions is needed."},
    {"versions", "integer", "-", "A read with no more newer versions is fresh."},
    {"share", "number 0..1", "required", "How many of all reads must be fresh."},
    {"confidence", "0.9|0.95|0.99|0.999", "0.95", "How sure the verdict must be."}, client, reads};

constexpr std::string_view terry = "Terry et al., Session guarantees for weakly consistent replicated data (1994)";

constexpr PropertyKindInfo session_table[] = {
    {PropertyKind::read_your_writes, "read_your_writes", false, "P41", PropertyForm::monitor, "A session sees what it has written.",
     "In a session, a read of a key after an acknowledged write of that key is never older than the version that the write's answer named.",
     guarantee_parameters, "No session of any history reads an older version.", "The session, the version written and the one shown.",
     "No session read a key after a write of it whose answer named its version.", terry,
     R"j({"name": "users see what they wrote", "use": "read_your_writes"})j"},
    {PropertyKind::monotonic_reads, "monotonic_reads", false, "P42", PropertyForm::monitor, "A session never goes back in time.",
     "In a session, a read of a key is never older than an earlier read of that key.", read_parameters,
     "No session of any history reads an older version after a newer one.", "The session and the two versions.", "No session read a key twice.", terry,
     R"j({"name": "nobody goes back in time", "use": "monotonic_reads"})j"},
    {PropertyKind::monotonic_writes, "monotonic_writes", false, "P43", PropertyForm::monitor, "Writes of a session are seen in their order.",
     "Wherever a write of a session is visible (a row with at least its version), the session's earlier writes are visible too, and a later one never gives way to an earlier one. Judged from the moment the later write is acknowledged.",
     write_parameters, "No place of any history shows the later write without the earlier one.", "The session, both writes, the place and what it shows.",
     "No second write of a session became visible.", terry,
     R"j({"name": "in the order written", "use": "monotonic_writes", "tables": ["readmodel.statuses"]})j"},
    {PropertyKind::writes_follow_reads, "writes_follow_reads", false, "P43", PropertyForm::monitor, "What a session had read is seen wherever its later write is.",
     "Wherever a write of a session is visible, the versions that the session had read before it are visible too. Judged from the moment the write is acknowledged.",
     follow_parameters, "No place of any history shows the write without what was read before it.", "The session, the read, the write, the place and what it shows.",
     "No write that followed a read became visible.", terry,
     R"j({"name": "answers come with their questions", "use": "writes_follow_reads", "tables": ["readmodel.statuses"]})j"},
    {PropertyKind::bounded_staleness, "bounded_staleness", false, "P44, P45", PropertyForm::monitor, "A read is not too far behind its source.",
     "When the session first asked, the source had at most `versions` newer versions than the one it was then shown, and the first of them for at most `within`.",
     stale_parameters, "With versions alone: no read of any history is further behind. With within: nothing; how old a read is, is known only in runs with time.",
     "The session, the version shown, the source's, and how old it was.", "No session read a key that the source has.",
     "Bounded staleness (Terry, Replicated data consistency explained through baseball, 2013)",
     R"j({"name": "at most one version behind", "use": "bounded_staleness", "table": "order.orders", "versions": 1})j"},
    {PropertyKind::pbs, "pbs", false, "P46", PropertyForm::statistic, "Most reads are fresh enough.",
     "The probability that a read is within the bounds (as for bounded_staleness) is at least `share`: PASS when the lower end of Wilson's interval is, FAIL when the upper end is not, INCONCLUSIVE between. Reads are taken for independent.",
     pbs_parameters, "Nothing: a probability is estimated by runs with time.", "The share of fresh reads with its interval, and how old half, 90 %, 99 % and all of them were.",
     "No session read a key that the source has.", "Bailis et al., Probabilistically bounded staleness for practical partial quorums (2012)",
     R"j({"name": "99 % are fresh", "use": "pbs", "table": "order.orders", "within_ms": 500, "share": 0.99})j"},
};

}  // namespace

std::span<const PropertyKindInfo> sessions() { return session_table; }

}  // namespace flowtank::property_tables
