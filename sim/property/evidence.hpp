// SPDX-License-Identifier: Apache-2.0
// What an examination finds: whether anything is wrong, and for reports which keys and why, in words of
// the business. Finding out costs nothing but a flag while nobody wants to read the reasons.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sim/base/pool.hpp>
#include <sim/base/time.hpp>

#include "sim/property/verdict.hpp"

namespace flowtank {

class World;

// Most keys named in one verdict; the others are counted.
inline constexpr std::size_t most_evidence = 16;

class Findings {
 public:
  explicit Findings(bool wants_evidence = false) : wants_evidence_(wants_evidence) {}

  bool any() const { return any_; }
  // Notes that something is wrong; true when the caller should add() evidence of it.
  bool wrong() {
    any_ = true;
    return wants_evidence_ && evidence_.size() < most_evidence;
  }
  // Adds evidence unless the same key and subject are there already: the first sight counts.
  void add(KeyEvidence evidence);
  void add_all(std::vector<KeyEvidence> evidence) {
    for (KeyEvidence& e : evidence) add(std::move(e));
  }
  void clear() {
    any_ = false;
    evidence_.clear();
  }
  const std::vector<KeyEvidence>& evidence() const { return evidence_; }
  std::vector<KeyEvidence> take() { return std::move(evidence_); }

 private:
  bool wants_evidence_;
  bool any_ = false;
  std::vector<KeyEvidence> evidence_;
};

// A value as it appears in a sentence: strings in quotes, nothing as "nothing".
std::string quoted(const Value& value);
// A time as it appears in a sentence, to the millisecond: 3.25 s.
std::string seconds_text(Duration duration);
// A key as it appears in a sentence: o-7.
std::string key_text(const World& world, Word key);
// `order.orders[o-3]`
std::string row_name(const World& world, std::uint32_t table, Word key);
// `order.orders[o-3].status is "placed"`: the columns that `source` (the text of an expression) mentions,
// or all but the key when it mentions none; `payment.payments[o-3] does not exist` when there is no row.
std::string describe_row(const World& world, std::uint32_t table, Word key, const std::string& source);
// describe_row, and the same key in the other tables that `source` names.
std::string describe_situation(const World& world, std::uint32_t table, Word key, const std::string& source);

// "2 keys: o-3, o-7"; empty without keys.
std::string list_keys(const std::vector<KeyEvidence>& evidence);

}  // namespace flowtank
