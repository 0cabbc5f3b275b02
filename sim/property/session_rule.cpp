// SPDX-License-Identifier: Apache-2.0
// See session_rule.hpp; and the two guarantees that need nothing more: read_your_writes and monotonic_reads
// (Terry et al. 1994, "Session guarantees for weakly consistent replicated data").
#include "sim/property/session_rule.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace flowtank {

SessionRule::SessionRule(const System& system, const PropertySpec& spec, std::uint32_t index)
    : LatchedRule(system, spec, index), counted_(system.tables.size(), 0) {
  sees_rows_ = true;
  for (const Client& client : system.clients) {
    for (const SessionStep& step : client.script) {
      if (step.verb != SessionVerb::read_row || step.version != none) continue;
      for (const SessionTarget& target : step.targets) counted_[target.table] = 1;
    }
  }
}

bool SessionRule::listed(const std::vector<std::pair<std::uint32_t, std::uint32_t>>& steps, const SessionEvent& event) const {
  if (spec_.client != none && event.client != spec_.client) return false;
  return steps.empty() || std::find(steps.begin(), steps.end(), std::pair{event.client, event.step}) != steps.end();
}

bool SessionRule::selects_read(const SessionEvent& event) const {
  const SessionVerb verb = step(event).verb;
  return (verb == SessionVerb::query || verb == SessionVerb::read_row) && listed(spec_.reads, event);
}

bool SessionRule::selects_write(const SessionEvent& event) const {
  return step(event).verb == SessionVerb::send && listed(spec_.writes, event);
}

std::uint64_t SessionRule::number_of(const Value& version) {
  if (version.is(Kind::int64)) return version.i < 0 ? 1 : static_cast<std::uint64_t>(version.i) + 1;
  return version.is(Kind::uint64) ? version.u + 1 : 0;
}

std::uint64_t SessionRule::changes(World& world, std::uint32_t table, Word key) const {
  return monitor(world, numbered(world, 7, numbered(world, table, key)));
}

std::uint64_t SessionRule::version_of(World& world, const SessionEvent& event) const {
  if (event.version != absent_word) return number_of(world.pool().value(event.version));
  return event.table != none && counted_[event.table] != 0 ? changes(world, event.table, event.key) + 1 : 0;
}

void SessionRule::row_changed(World& world, std::uint32_t table, Word key, std::span<const Word>, std::span<const Word>) {
  if (counted_[table] == 0) return;
  const Word row = numbered(world, 7, numbered(world, table, key));
  set_monitor(world, row, monitor(world, row) + 1);
}

void SessionRule::session_told(World& world, const SessionEvent& event) {
  if (selects_write(event)) {
    if (const std::uint64_t version = version_of(world, event); version != 0) written(world, event, version);
  } else if (selects_read(event)) {
    read(world, event, version_of(world, event));
  }
}

void SessionRule::session_over(World& world, std::uint32_t client, std::uint32_t session) {
  const auto found = known_.find({client, session});
  if (found == known_.end()) return;
  for (const auto& [key, word] : found->second) set_monitor(world, word, 0);
  if (world.timed()) known_.erase(found);
}

void SessionRule::started(World& world, bool forget) {
  LatchedRule::started(world, forget);
  if (forget || world.timed()) known_.clear();
}

void SessionRule::remember(World& world, const SessionEvent& event, std::uint64_t version) {
  const Word word = memory_word(world, event);
  if (monitor(world, word) >= version) return;
  set_monitor(world, word, version);
  auto& keys = known_[{event.client, event.session}];
  if (std::find(keys.begin(), keys.end(), std::pair{event.key, word}) == keys.end()) keys.emplace_back(event.key, word);
}

Word SessionRule::session_word(World& world, const SessionEvent& event) {
  const std::array<Word, 2> parts{Pool::of_int_small(event.client), Pool::of_int_small(event.session)};
  return world.pool().intern_list(parts);
}

Word SessionRule::subject_word(World& world, const SessionEvent& event) {
  const std::array<Word, 3> parts{Pool::of_int_small(event.client), Pool::of_int_small(event.session), event.key};
  return world.pool().intern_list(parts);
}

std::string SessionRule::session_name(const SessionEvent& event) const {
  return fmt::format("session {} of {}", event.session + 1, system_.clients[event.client].name);
}

std::string SessionRule::step_name(const SessionEvent& event) const {
  return system_.clients[event.client].name + "." + step(event).name;
}

std::string SessionRule::version_text(std::uint64_t version) { return fmt::format("version {}", version - 1); }

KeyEvidence SessionRule::evidence_of(World& world, const SessionEvent& event) const {
  KeyEvidence e;
  e.key = key_text(world, event.key);
  e.subject = step_name(event);
  if (world.tracing()) e.record = world.last_record();
  return e;
}

namespace {

// The first thing a session did about a key binds what it may read later.
class GuaranteeRule final : public SessionRule {
 public:
  GuaranteeRule(const System& system, const PropertySpec& spec, std::uint32_t index)
      : SessionRule(system, spec, index), own_writes_(spec.kind == PropertyKind::read_your_writes) {}

  std::string why_vacuous() const override {
    return own_writes_ ? "no session read a key after a write of it whose answer named its version" : "no session read a key twice";
  }

 protected:
  void written(World& world, const SessionEvent& event, std::uint64_t version) override {
    if (own_writes_) remember(world, event, version);
  }

  void read(World& world, const SessionEvent& event, std::uint64_t version) override {
    const std::uint64_t known = memory(world, event);
    if (known != 0 || !own_writes_) {
      if (version == 0) return set_error(fmt::format("no value: the read {} of {} has no version", step_name(event), key_text(world, event.key)));
    }
    if (known != 0) triggered_ = true;
    if (known != 0 && version < known) {
      latch(world, subject_word(world, event), [&] { return older(world, event, known, version); });
    } else if (!own_writes_) {
      remember(world, event, version);
    }
  }

 private:
  KeyEvidence older(World& world, const SessionEvent& event, std::uint64_t known, std::uint64_t version) const {
    KeyEvidence e = evidence_of(world, event);
    e.before = version_text(known);
    e.after = version_text(version);
    e.allowed = "at least " + e.before;
    e.sentence = fmt::format("{}: {} {} {} and was then shown {}", e.key, session_name(event), own_writes_ ? "wrote" : "was shown", e.before, e.after);
    return e;
  }

  bool own_writes_;
};

}  // namespace

std::unique_ptr<Rule> make_session_guarantee_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<GuaranteeRule>(system, spec, index);
}

}  // namespace flowtank
