// SPDX-License-Identifier: Apache-2.0
// Who else may ever meet what a run does: found once from the System, from the programs of all handlers, before any state is
// looked at. Frames that may read or write a table, frames that may publish on a channel, what a crash of a service takes.
// Invariant: it may name somebody who never comes, never leave out somebody who may.
#pragma once

#include <cstdint>
#include <vector>

#include <sim/world/world.hpp>

namespace flowtank::explore {

/// Frames of one instance, next to each other: one, or all.
struct Frames {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool has(std::uint32_t frame) const { return begin <= frame && frame < end; }
};

class Surroundings {
 public:
  explicit Surroundings(const World& world);

  /// No run in another frame reads or writes it, nor does the guard of a poller, a session of a client, or a crash.
  bool is_own(std::uint32_t table, Frames frames) const { return only(users_[table], frames); }
  /// No run in another frame writes it.
  bool is_only_writer(std::uint32_t table, Frames frames) const { return only(writers_[table], frames); }
  /// Are all tables that statements and the guard of the handler name the frames' own?
  bool keeps_to_itself(std::uint32_t handler, Frames frames) const;
  bool is_only_publisher(std::uint32_t channel, Frames frames) const { return only(publishers_[channel], frames); }
  /// The frame is all that its service has for what comes in, or a poller's own: who is next does not depend on when it is free.
  bool is_alone(const World& world, std::uint32_t frame) const;
  /// The service is one instance with one frame for what comes in, beside its pollers, and keeps nothing in memory.
  bool is_single(std::uint32_t service) const { return single_[service]; }
  /// Commits write what was there before into transactions under snapshot isolation, whosever they are.
  bool has_snapshots() const { return has_snapshots_; }

 private:
  struct Use {
    std::vector<std::uint32_t> tables;     // read or written by statements
    std::vector<std::uint32_t> writes;
    std::vector<std::uint32_t> observes;   // tables of effects and of accepted events, kept by the World
    std::vector<std::uint32_t> publishes;  // channels
    bool escapes = false;
  };
  static bool only(const std::vector<std::uint32_t>& ascending, Frames frames) {
    return ascending.empty() || (frames.has(ascending.front()) && frames.has(ascending.back()));
  }
  void look_into(const System& system, std::uint32_t handler);
  void find_users(const World& world);
  void find_single_services(const System& system);
  void add_expression(const System& system, ExprId expression, Use& use) const;

  const System& system_;
  std::vector<Use> handlers_;
  std::vector<std::vector<std::uint32_t>> users_, writers_, publishers_;  // by table, by table, by channel: frames, ascending
  std::vector<bool> single_;
  bool has_snapshots_ = false;
};

}  // namespace flowtank::explore
