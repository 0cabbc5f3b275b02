// SPDX-License-Identifier: Apache-2.0
// Histories of log clients and the anomalies in them (Maelstrom's vocabulary), each beside a history that is right.
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <sim/property/log_history.hpp>

namespace flowtank {
namespace {

using Kind = LogOperation::Kind;

LogOperation sent(std::int64_t offset, std::string client = "p") { return {Kind::sent, std::move(client), "k", fmt::format("v{}", offset), offset, {}}; }
LogOperation assigned(std::string client = "c") { return {Kind::assigned, std::move(client), "k", "", {}, {}}; }
LogOperation removed_below(std::int64_t offset) { return {Kind::removed, "", "k", "", offset, {}}; }
LogOperation polled(const std::vector<std::int64_t>& offsets, std::string client = "c") {
  LogOperation op{Kind::polled, std::move(client), "k", "", {}, {}};
  for (const std::int64_t offset : offsets) op.records.push_back({offset, fmt::format("v{}", offset)});
  return op;
}

std::vector<std::string> anomalies(const std::vector<LogOperation>& history) {
  std::vector<std::string> out;
  for (const LogAnomaly& a : find_log_anomalies(history)) out.push_back(fmt::format("{} {}", to_text(a.kind), fmt::join(a.offsets, " ")));
  return out;
}
using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("log_history.what_a_client_reads_in_order_is_possible") {
  CHECK(anomalies({sent(0), sent(1), sent(2), assigned(), polled({0, 1}), polled({2})}).empty());
  CHECK(anomalies({}).empty());
}

TEST_CASE("log_history.a_gap_is_a_skip_only_when_somebody_knows_what_was_there") {  // V-23
  CHECK(anomalies({polled({4, 5}), polled({8})}).empty());
  CHECK(anomalies({sent(6), sent(7), polled({4, 5}), polled({8}), polled({6, 7}, "other")}) == Lines{"external poll skip 5 8 6 7"});
  CHECK(anomalies({polled({4, 5}), polled({8}), polled({6, 7}, "other")}) == Lines{"external poll skip 5 8 6 7"});
  CHECK(anomalies({polled({4, 5, 8}), polled({6, 7}, "other")}) == Lines{"internal poll skip 5 8 6 7"});
  // Another client reads from wherever it likes.
  CHECK(anomalies({polled({4, 5}), polled({8}, "late"), polled({6, 7}, "other")}).empty());
}

TEST_CASE("log_history.a_reader_does_not_go_back") {  // V-23
  CHECK(anomalies({polled({4}), polled({2})}) == Lines{"external nonmonotonic 4 2"});
  CHECK(anomalies({polled({2}), polled({2})}) == Lines{"external nonmonotonic 2 2"});
  CHECK(anomalies({polled({4, 2})}) == Lines{"internal nonmonotonic 4 2"});
}

TEST_CASE("log_history.after_an_assignment_every_jump_is_legal") {  // V-23
  CHECK(anomalies({polled({4}), assigned(), polled({2})}).empty());
  CHECK(anomalies({polled({4, 5}), assigned(), polled({8}), polled({6, 7}, "other")}).empty());
  CHECK(anomalies({polled({4}), assigned("other"), polled({2})}) == Lines{"external nonmonotonic 4 2"});
  LogOperation elsewhere = assigned();
  elsewhere.log = "k2";
  CHECK(anomalies({polled({4}), elsewhere, polled({2})}) == Lines{"external nonmonotonic 4 2"});
}

TEST_CASE("log_history.an_acknowledged_record_below_what_was_seen_is_lost") {  // V-23
  CHECK(anomalies({sent(5), polled({10})}) == Lines{"lost write 5"});
  CHECK(anomalies({sent(5), polled({5, 10})}).empty());
  CHECK(anomalies({sent(5), polled({10}), polled({5}, "other")}).empty());
  // Retention may have taken it.
  CHECK(anomalies({sent(5), removed_below(6), polled({10})}).empty());
}

TEST_CASE("log_history.the_last_acknowledged_record_may_still_come") {  // V-23
  CHECK(anomalies({sent(10), polled({9})}) == Lines{"unobserved 10"});
  CHECK_FALSE(is_error(LogAnomalyKind::unobserved));
  LogOperation unnumbered = sent(3);
  unnumbered.offset.reset();
  CHECK(anomalies({unnumbered, polled({4})}) == Lines{"unobserved "});
  CHECK(anomalies({unnumbered, polled({3})}).empty());
}

TEST_CASE("log_history.an_offset_has_one_value_and_a_value_one_offset") {
  LogOperation other = polled({5}, "d");
  other.records[0].value = "w";
  CHECK(anomalies({polled({5}), other}) == Lines{"inconsistent offset 5"});
  other = polled({5, 7}, "d");
  other.records[1].value = "v5";
  CHECK(anomalies({other}) == Lines{"duplicate 5 7"});
  // Acknowledged at 5, but others see something else there.
  other = polled({5}, "d");
  other.records[0].value = "w";
  CHECK(anomalies({sent(5), other}) == Lines{"inconsistent offset 5", "lost write 5"});
}

}  // namespace flowtank
