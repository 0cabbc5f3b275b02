// SPDX-License-Identifier: Apache-2.0
// What a comparison of two outcomes leaves out, and how outcomes are told. By default: ids of messages, columns that hold
// times, numbers that the database gives away, and tables in which a consumer notes what it has handled (inboxes):
// bookkeeping differs where nothing is wrong. Whoever compares reports what was left out *and did differ*, so that
// nothing is ignored in silence.
#pragma once

#include <set>
#include <string>
#include <vector>

#include <sim/world/world.hpp>

#include "sim/family/handling.hpp"

namespace flowtank::family {

enum class ChangeKind : std::uint8_t {
  row_added, row_changed, row_removed,
  effect,
  event_again,  // an event with an id that was made before: receivers that remember ids take it once
  event_new,    // an event with an id of its own
  timer,
};
std::string_view name_of(ChangeKind kind);

struct Change {
  ChangeKind kind = ChangeKind::row_changed;
  std::string what;     // "payment.charges": table, effect, event or timer
  std::string subject;  // "o-1"
  std::string detail;   // "times 1 -> 2"
  friend bool operator==(const Change&, const Change&) = default;
};
std::string to_text(const Change& change);  // "row payment.charges o-1: times 1 -> 2"

class Mapping {
 public:
  // `ignore`: "payment.charges.touched", "order.log" (a whole table). `unknown`: those that name nothing.
  Mapping(const System& system, const std::vector<std::string>& ignore, std::vector<std::string>& unknown);

  bool keeps(std::uint32_t table) const { return tables_[table]; }
  bool keeps(std::uint32_t table, std::size_t column) const { return columns_[table][column]; }

  // Is anything left of the consequences? Rows count from first to last; notes what was left out.
  bool nothing(const Consequences& consequences);
  // What is left of them, in words, in an order of its own. `known`: messages made before.
  std::vector<Change> changes(const World& world, const Consequences& consequences, const std::vector<Word>& known);
  // The same as lines that two outcomes from one state can be compared by: rows as they are afterwards, messages without ids.
  std::vector<std::string> outcome(const World& world, const Consequences& consequences) const;

  // What did differ and was left out: "table payment.inbox (who handled what)", "column order.orders.at (a time)".
  std::vector<std::string> left_out() const { return {left_out_.begin(), left_out_.end()}; }
  // Everything that is left out, whether or not it ever differed.
  std::vector<std::string> drops() const;

 private:
  // Net changes by (table, key), those under the mapping only, in order of table and key.
  std::vector<RowChange> net(const Consequences& consequences, std::set<std::string>* left_out) const;
  bool differ(const RowChange& row, std::set<std::string>* left_out) const;

  const System& system_;
  std::vector<bool> tables_;
  std::vector<std::vector<bool>> columns_;
  std::vector<std::string> why_tables_;
  std::vector<std::vector<std::string>> why_columns_;
  std::set<std::string> left_out_;
};

// "OrderPlaced o-1": type and key of a message.
std::string message_words(const World& world, Word message);
// The same with its data, for messages that would read alike: "Moved p-1 {version: 2}".
std::string message_words_with_data(const World& world, Word message);
std::string timer_words(const World& world, std::uint32_t timer);
// {times: 1, amount_cents: 100}: the columns of a row that the mapping keeps, key left out.
std::string row_words(const World& world, const Mapping& mapping, std::uint32_t table, std::span<const Word> columns);

}  // namespace flowtank::family
