// SPDX-License-Identifier: Apache-2.0
// See compare.hpp: matching by lanes, random halves, and what a derived vector leaves unsaid.
#include "models/brokers/vectors/compare.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "models/brokers/vectors/node.hpp"

namespace flowtank::vectors {
namespace {

bool is_mask(const JsonNode& expected) {
  return expected.is(JsonKind::string) && (expected.text == "<timestamp>" || expected.text == "<ms>");
}
bool is_ownership(const JsonNode& observation) {
  const std::string ev = text_of(observation, "ev");
  return ev == "assigned" || ev == "revoked";
}
std::set<std::int64_t> partitions_of(const JsonNode& observation) {
  std::set<std::int64_t> set;
  if (const JsonNode* list = observation.find("partitions")) {
    for (const JsonNode& p : list->items) set.insert(p.integer);
  }
  return set;
}
bool is_empty_ownership(const JsonNode& observation) { return is_ownership(observation) && partitions_of(observation).empty(); }

// "An extra revoke/assign round of the same sets may occur": revoked S, assigned S by who owned S is dropped. Keeps account
// of who owns what.
template <typename Get, typename Sequence, typename Owners>
void drop_extra_rounds(Sequence& sequence, const Get& get, Owners& owners) {
  std::map<std::string, std::size_t> last_revoked;  // by consumer: where it gave up all it had
  for (std::size_t i = 0; i < sequence.size(); ++i) {
    const JsonNode& event = get(sequence[i]);
    if (!is_ownership(event)) continue;
    const std::string consumer = text_of(event, "consumer");
    const std::set<std::int64_t> set = partitions_of(event);
    auto& owned = owners[consumer];
    const auto revoked = last_revoked.find(consumer);
    if (text_of(event, "ev") == "revoked") {
      last_revoked.erase(consumer);
      if (owned == set) last_revoked.emplace(consumer, i);
      for (const std::int64_t p : set) owned.erase(p);
      continue;
    }
    owned.insert(set.begin(), set.end());
    if (revoked == last_revoked.end()) continue;
    const std::size_t before = revoked->second;
    last_revoked.erase(revoked);
    if (partitions_of(get(sequence[before])) != set) continue;
    sequence.erase(sequence.begin() + static_cast<std::ptrdiff_t>(i));
    sequence.erase(sequence.begin() + static_cast<std::ptrdiff_t>(before));
    for (auto& [other, at] : last_revoked) at -= at > before ? 1 : 0;
    i -= 2;  // wraps at the beginning, and comes back
  }
}

void erase_member(JsonNode& object, std::string_view key) {
  std::erase_if(object.members, [&](const JsonMember& member) { return member.key == key; });
}

}  // namespace

Comparison::Comparison(const VectorFile& vector, const Driver& driver) : vector_(vector), driver_(driver) {
  for (const auto& [step, observed] : vector.observed) {
    for (const JsonNode& observation : observed) said_.insert(text_of(observation, "ev"));
  }
}

const std::vector<JsonNode>& Comparison::expected_after(std::int64_t step) const {
  static const std::vector<JsonNode> nothing;
  const auto found = vector_.observed.find(step);
  return found == vector_.observed.end() ? nothing : found->second;
}

bool Comparison::same(std::string_view key, const JsonNode& expected, const JsonNode& actual) const {
  if (is_mask(expected)) return actual.is_number() || actual.is(JsonKind::string);
  const bool names = (key == "error" || key == "result") && expected.is(JsonKind::string) && actual.is(JsonKind::string);
  if (names) return driver_.same_name(expected.text, actual.text);
  if (key == "partitions") return partitions_of(object({{"partitions", expected}})) == partitions_of(object({{"partitions", actual}}));
  if (expected.is(JsonKind::array) && actual.is(JsonKind::array)) return same_list(key, expected, actual);
  if (expected.is(JsonKind::object) && actual.is(JsonKind::object)) return matches(expected, actual);
  return equal(expected, actual);
}

// In order, or in order within each lane where the driver says that there are lanes.
bool Comparison::same_list(std::string_view key, const JsonNode& expected, const JsonNode& actual) const {
  if (expected.items.size() != actual.items.size()) return false;
  std::vector<bool> taken(actual.items.size(), false);
  for (const JsonNode& e : expected.items) {
    std::set<std::string> passed;
    bool found = false;
    for (std::size_t i = 0; i < actual.items.size() && !found; ++i) {
      if (taken[i]) continue;
      const auto lane = driver_.lane_within(key, actual.items[i]);
      if (lane && passed.contains(*lane)) continue;
      found = taken[i] = same("", e, actual.items[i]);
      if (!found && !lane) return false;
      if (!found) passed.insert(*lane);
    }
    if (!found) return false;
  }
  return true;
}

bool Comparison::matches(const JsonNode& expected, const JsonNode& actual) const {
  return std::all_of(expected.members.begin(), expected.members.end(), [&](const JsonMember& member) {
    if (member.key == "note") return true;
    const JsonNode* found = actual.find(member.key);
    return found != nullptr && same(member.key, member.value, *found);
  });
}

// A derived vector leaves unsaid what its rule is not about: callbacks and reports if it speaks of none anywhere, and
// that an op without a recorded result went well.
bool Comparison::left_unsaid(const Step& step, const Observation& observation) const {
  if (is_empty_ownership(observation.node)) return true;
  if (!vector_.derived) return false;
  const std::string ev = text_of(observation.node, "ev");
  if (ev == "assigned" || ev == "revoked" || ev == "delivery_report") return !said_.contains(ev);
  return expected_after(step.n).empty() && as_the_step_says(step, observation);
}

// The op's own answer is that it went well, or what the step says itself that its caller sees.
bool Comparison::as_the_step_says(const Step& step, const Observation& observation) const {
  const std::string result = text_of(observation.node, "result");
  const bool as_told = result == "timeout" && text_of(step.node, "fault") == "answer_lost";
  return (observation.asked_at == 0 || observation.asked_at == step.n) && (result == "ok" || as_told);
}

// Which member gets which half is random: where events agree in kinds and sizes, the sets that came count as expected,
// as long as no two consumers own the same partition; messages then count for the consumers together.
void Comparison::relabel(std::vector<JsonNode>& expected, std::vector<Observation>& actual) {
  std::map<std::string, std::vector<JsonNode*>> theirs;
  std::map<std::string, std::vector<const JsonNode*>> ours;
  for (JsonNode& e : expected) {
    if (is_ownership(e)) theirs[text_of(e, "consumer")].push_back(&e);
  }
  for (const Observation& a : actual) {
    if (is_ownership(a.node)) ours[text_of(a.node, "consumer")].push_back(&a.node);
  }
  const bool alike = std::all_of(theirs.begin(), theirs.end(), [&](const auto& entry) {
    const auto& [consumer, events] = entry;
    const auto found = ours.find(consumer);
    return found != ours.end() &&
           std::equal(events.begin(), events.end(), found->second.begin(), found->second.end(), [](const JsonNode* e, const JsonNode* a) {
             return text_of(*e, "ev") == text_of(*a, "ev") && partitions_of(*e).size() == partitions_of(*a).size();
           });
  });
  if (!alike) return;
  for (auto& [consumer, events] : theirs) {
    const auto& came = ours[consumer];
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (partitions_of(*events[i]) == partitions_of(*came[i])) continue;
      relabelled_ = true;
      if (const JsonNode* set = came[i]->find("partitions")) put(*events[i], "partitions", *set);
    }
  }
  if (!relabelled_) return;
  for (JsonNode& e : expected) {
    if (text_of(e, "ev") == "message") erase_member(e, "consumer");
  }
  for (Observation& a : actual) {
    if (text_of(a.node, "ev") == "message") a.lane = "messages of partition " + text_of(a.node, "partition");
  }
}

std::optional<Difference> Comparison::overlap(const Owners& owners) {
  std::map<std::int64_t, std::string> owner;
  for (const auto& [consumer, set] : owners) {
    for (const std::int64_t p : set) {
      const auto [at, is_new] = owner.emplace(p, consumer);
      if (!is_new) return Difference{"disjoint owners", fmt::format("partition {} owned by {} and {}", p, at->second, consumer)};
    }
  }
  return std::nullopt;
}

std::optional<Difference> Comparison::compare(const Step& step, std::vector<Observation> actual, std::int64_t elapsed_ms, std::uint32_t sharing) {
  std::vector<JsonNode> expected;
  for (const JsonNode& observation : expected_after(step.n)) {
    const JsonNode* between = observation.find("elapsed_ms_between");
    if (between == nullptr) {
      if (!is_empty_ownership(observation)) expected.push_back(observation);
      continue;
    }
    if (between->items.size() != 2 || elapsed_ms < between->items[0].integer || elapsed_ms > between->items[1].integer) {
      return Difference{to_text(observation), fmt::format("{} ms", elapsed_ms)};
    }
  }
  std::erase_if(actual, [&](const Observation& a) { return left_unsaid(step, a); });
  const std::size_t came_before = late_.size();
  actual.insert(actual.begin(), late_.begin(), late_.end());
  late_.clear();
  drop_extra_rounds(expected, [](const JsonNode& e) -> const JsonNode& { return e; }, expected_owners_);
  drop_extra_rounds(actual, [](const Observation& a) -> const JsonNode& { return a.node; }, owners_);
  if (sharing >= 2 || relabelled_) relabel(expected, actual);

  if (step.op == "consumer.kill" || step.op == "consumer.close") {
    owners_.erase(text_of(step.node, "consumer"));
    expected_owners_.erase(text_of(step.node, "consumer"));
  }

  std::vector<bool> taken(actual.size(), false);
  bool all_asked_before = !expected.empty();  // the vector speaks of earlier ops' answers only
  for (const JsonNode& e : expected) {
    std::set<std::string> passed;  // lanes whose next observation is another
    std::size_t first_free = actual.size();
    bool found = false;
    for (std::size_t i = 0; i < actual.size() && !found; ++i) {
      if (taken[i]) continue;
      first_free = std::min(first_free, i);
      if (passed.contains(actual[i].lane)) continue;
      if (matches(e, actual[i].node)) {
        found = taken[i] = true;
        all_asked_before = all_asked_before && actual[i].asked_at != 0 && actual[i].asked_at != step.n;
      } else {
        passed.insert(actual[i].lane);
      }
    }
    if (!found) return Difference{to_text(e), first_free < actual.size() ? to_text(actual[first_free].node) : "nothing"};
  }
  for (std::size_t i = 0; i < actual.size(); ++i) {
    if (taken[i] || (vector_.derived && all_asked_before && as_the_step_says(step, actual[i]))) continue;
    if (!actual[i].may_come_later || driver_.collects(step)) return Difference{"nothing more", to_text(actual[i].node)};
    if (late_.empty() && i >= came_before) late_since_ = step.n;
    late_.push_back(std::move(actual[i]));
  }
  if (relabelled_) return overlap(owners_);
  return std::nullopt;
}

std::optional<Difference> Comparison::compare_rest(std::int64_t& step) const {
  if (late_.empty()) return std::nullopt;
  step = late_since_;
  return Difference{"nothing more", to_text(late_.front().node)};
}

}  // namespace flowtank::vectors
