// SPDX-License-Identifier: Apache-2.0
// What properties of sessions have in common: which reads and writes they look at, the version of a read or
// write as a number, what a session remembers. A version is named by the step (a field of the answer, a column of
// the row); a row read directly without one has the count of its committed changes, kept by a monitor.
//
// Monitors: (0, [client, session, key]) what the session remembers, version + 1, gone when it is over;
// (7, [table, key]) committed changes of a row.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <sim/world/observer.hpp>

#include "sim/property/latched_rule.hpp"

namespace flowtank {

class SessionRule : public LatchedRule {
 public:
  SessionRule(const System& system, const PropertySpec& spec, std::uint32_t index);

  void session_told(World& world, const SessionEvent& event) override;
  void session_over(World& world, std::uint32_t client, std::uint32_t session) override;

 protected:
  // A selected read, or a write that names its version; `version` as below.
  virtual void read(World& world, const SessionEvent& event, std::uint64_t version) = 0;
  virtual void written(World&, const SessionEvent&, std::uint64_t /*version*/) {}
  void row_changed(World& world, std::uint32_t table, Word key, std::span<const Word> before,
                   std::span<const Word> after) override;
  void started(World& world, bool forget) override;

  bool selects_read(const SessionEvent& event) const;
  bool selects_write(const SessionEvent& event) const;
  // Version + 1 (0: there is none).
  std::uint64_t version_of(World& world, const SessionEvent& event) const;
  static std::uint64_t number_of(const Value& version);
  // Committed changes of a row so far, of a table that is counted.
  std::uint64_t changes(World& world, std::uint32_t table, Word key) const;
  void count(std::uint32_t table) { counted_[table] = 1; }

  // What the session remembers of the key: version + 1, 0 = nothing.
  std::uint64_t memory(World& world, const SessionEvent& event) const { return monitor(world, memory_word(world, event)); }
  void remember(World& world, const SessionEvent& event, std::uint64_t version);
  // Calls f(key, version + 1) for what the session remembers, in order of discovery.
  template <typename F>
  void each_memory(World& world, const SessionEvent& event, F&& f) const {
    const auto found = known_.find({event.client, event.session});
    if (found == known_.end()) return;
    for (const auto& [key, word] : found->second) {
      if (const std::uint64_t version = monitor(world, word); version != 0) f(key, version);
    }
  }

  const SessionStep& step(const SessionEvent& event) const { return system_.clients[event.client].script[event.step]; }
  // "session 2 of shoppers"
  std::string session_name(const SessionEvent& event) const;
  // "shoppers.shown"
  std::string step_name(const SessionEvent& event) const;
  // "version 3"
  static std::string version_text(std::uint64_t version);
  KeyEvidence evidence_of(World& world, const SessionEvent& event) const;
  static Word session_word(World& world, const SessionEvent& event);
  static Word subject_word(World& world, const SessionEvent& event);

 private:
  Word memory_word(World& world, const SessionEvent& event) const { return numbered(world, 0, subject_word(world, event)); }
  bool listed(const std::vector<std::pair<std::uint32_t, std::uint32_t>>& steps, const SessionEvent& event) const;

  std::vector<char> counted_;  // by table
  // Keys that a session may remember, with their monitors; more than it does in this state, never fewer.
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<std::pair<Word, Word>>> known_;
};

}  // namespace flowtank
