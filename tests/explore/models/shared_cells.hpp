// SPDX-License-Identifier: Apache-2.0
// Deterministic processes over shared cells: each reads a cell into its register, writes one, or is over. What the
// published counts of executions are about (readers, lastzero, mailbox), and what small programs drawn at random are
// made of. A mailbox is a cell that every sender writes: the order of the writes is the order of delivery.
#pragma once

#include <sim/explore/transition_system.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace flowtank::explore::models {

struct CellStep {
  bool writes = false;
  std::uint32_t cell = 0;
  std::uint8_t value = 0;      // written
  bool appends = false;        // writes value + 10 * what is there: keeps the order of writers
};

/// What a process does next, given how many steps it took and what it read last; nothing: it is over.
using CellProgram = std::function<std::optional<CellStep>(std::uint32_t steps, std::uint8_t read)>;

class SharedCells {
 public:
  struct Action {
    std::uint32_t process = 0;
    friend constexpr bool operator==(const Action&, const Action&) = default;
  };
  struct Mark {
    std::size_t log = 0;
  };

  SharedCells(std::uint32_t cells, std::vector<CellProgram> programs) : programs_(std::move(programs)), cells_(cells), shared_(cells) {
    enter_initial(0);
  }

  /// A lie to be noticed: writes are declared as reads.
  void hide_writes() { hides_writes_ = true; }

  std::size_t initial_count() const { return 1; }
  void enter_initial(std::size_t) {
    values_.assign(cells_ + 2 * programs_.size(), 0);
    log_.clear();
  }
  std::optional<CellStep> next(std::uint32_t process) const {
    return programs_[process](values_[cells_ + 2 * process], static_cast<std::uint8_t>(values_[cells_ + 2 * process + 1]));
  }
  void enabled(std::vector<Action>& out) const {
    for (std::uint32_t p = 0; p < programs_.size(); ++p) {
      if (next(p)) out.push_back({p});
    }
  }
  void apply(const Action& action) {
    const CellStep step = *next(action.process);
    const std::size_t own = cells_ + 2 * action.process;
    if (step.writes) set(step.cell, step.appends ? values_[step.cell] * 10 + step.value : step.value);
    else set(own + 1, values_[step.cell]);
    set(own, values_[own] + 1);
  }
  Mark mark() const { return {log_.size()}; }
  void undo(const Mark& mark) {
    for (; log_.size() > mark.log; log_.pop_back()) values_[log_.back().first] = log_.back().second;
  }
  Fingerprint fingerprint() const {
    Fingerprint sum = 0;
    for (std::size_t i = 0; i < values_.size(); ++i) {
      if (values_[i] != 0) sum += fingerprint_share(i, {values_[i], 0});
    }
    return sum;
  }
  void encode(std::vector<std::byte>& out) const {
    for (const std::uint32_t value : values_) {
      for (unsigned shift = 0; shift < 32; shift += 8) out.push_back(static_cast<std::byte>(value >> shift));
    }
  }
  std::string describe(const Action& action) const { return "process " + std::to_string(action.process); }

  std::uint32_t component_count() const { return shared_ + static_cast<std::uint32_t>(programs_.size()); }
  std::string component_name(std::uint32_t c) const { return (c < shared_ ? "cell " : "process ") + std::to_string(c); }
  void footprint(const Action& action, std::vector<Access>& out) const {
    out.push_back({shared_ + action.process, AccessKind::write});
    if (const auto step = next(action.process)) {
      out.push_back({step->cell, step->writes && !hides_writes_ ? AccessKind::write : AccessKind::read});
    }
  }
  void causal_parents(std::span<const Action>, std::size_t, std::vector<std::size_t>&) const {}

  std::uint32_t process_count() const { return static_cast<std::uint32_t>(programs_.size()); }
  std::uint32_t process_of(const Action& action) const { return action.process; }

  std::uint32_t cell(std::uint32_t c) const { return values_[c]; }
  std::uint8_t seen(std::uint32_t process) const { return static_cast<std::uint8_t>(values_[cells_ + 2 * process + 1]); }

  // ---- the published cases -----------------------------------------------------------------------------
  /// One write and n reads of one variable.
  static SharedCells readers(std::uint32_t n) {
    std::vector<CellProgram> programs = {once({true, 0, 1})};
    for (std::uint32_t i = 0; i < n; ++i) programs.push_back(once({false, 0, 0}));
    return {1, programs};
  }
  /// Cells a0..an; a reader scans from an downwards until it reads zero; writer j reads a(j-1) and writes a(j).
  static SharedCells lastzero(std::uint32_t n) {
    std::vector<CellProgram> programs = {[n](std::uint32_t steps, std::uint8_t read) -> std::optional<CellStep> {
      if (steps > n || (steps != 0 && read == 0)) return std::nullopt;
      return CellStep{false, n - steps};
    }};
    for (std::uint32_t j = 1; j <= n; ++j) {
      programs.push_back([j](std::uint32_t steps, std::uint8_t read) -> std::optional<CellStep> {
        if (steps == 0) return CellStep{false, j - 1};
        if (steps == 1) return CellStep{true, j, static_cast<std::uint8_t>(read + 1)};
        return std::nullopt;
      });
    }
    return {n + 1, programs};
  }
  /// k senders each send one message: to one receiver, or each to another.
  static SharedCells mailbox(std::uint32_t k, bool one_receiver) {
    std::vector<CellProgram> programs;
    for (std::uint32_t i = 0; i < k; ++i) {
      programs.push_back(once({true, one_receiver ? 0 : i, static_cast<std::uint8_t>(i + 1), true}));
    }
    return {k, programs};
  }

 private:
  static CellProgram once(CellStep step) {
    return [step](std::uint32_t steps, std::uint8_t) -> std::optional<CellStep> {
      return steps == 0 ? std::optional(step) : std::nullopt;
    };
  }
  void set(std::size_t at, std::uint32_t value) {
    log_.emplace_back(at, values_[at]);
    values_[at] = value;
  }

  std::vector<CellProgram> programs_;
  std::uint32_t cells_, shared_;
  bool hides_writes_ = false;
  std::vector<std::uint32_t> values_;  // cells, then (steps, read) of each process
  std::vector<std::pair<std::size_t, std::uint32_t>> log_;
};

}  // namespace flowtank::explore::models
