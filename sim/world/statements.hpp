// SPDX-License-Identifier: Apache-2.0
// Statements of a transaction and its end. What isolation means is decided here and nowhere else:
// rows are locked from their first write to the end; a statement that meets a lock waits; read committed
// looks again after the wait; under snapshot the first updater wins; unique conflicts wait for the
// transaction that may still roll back; a circle of waiting aborts who closes it; a sequence gives its next
// value when a row is inserted, for good, whether or not the transaction commits.
// Source: PostgreSQL 15 documentation, chapters 13.2 "Transaction Isolation", 13.3.4 "Deadlocks" and 9.17 "Sequence
// Manipulation Functions" (nextval is never rolled back).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/world/runs.hpp"

namespace flowtank {

class World;

class Statements {
 public:
  enum class Result : std::uint8_t {
    done,      // go on with the next instruction
    jumped,    // `target` says where to go on
    waits,     // for the transaction of `owner`
    failed,    // the handler raises `error`
    ignored,   // a conflict that the statement ignores: it does nothing
  };

  Statements(World& world, Runs& runs, std::uint32_t frame)
      : world_(world), runs_(runs), frame_(frame), transaction_(runs.transaction(world, frame)) {}

  Result insert(const InsertSpec& spec);
  Result update(const UpdateSpec& spec);
  Result erase(const EraseSpec& spec);
  void commit();

  std::string error;
  std::uint32_t target = none;

  // Releases every lock of the transaction and wakes who waits for it.
  static void release(World& world, Runs& runs, std::uint32_t frame, const Transaction& transaction);

 private:
  Result lock_row(std::uint32_t table, Cell row);
  Result wait_for(std::uint64_t owner);
  Result abort(std::string why);
  Result update_locked(const UpdateSpec& spec, Cell row, Word key, bool& changes);
  bool taken_by_other(std::uint32_t table, Cell claim, Word key) const;
  void unlock_unwritten(std::uint32_t table, Cell row);
  Result conflict(const InsertSpec& spec, Cell row);
  Result insert_columns(const InsertSpec& spec, std::vector<Word>& columns);
  void number_commits();
  bool visible(std::uint32_t table, Cell row) const;
  void visible_columns(std::uint32_t table, Cell row, std::vector<Word>& out) const;
  bool changed_since_snapshot(std::uint32_t table, Cell row) const;
  Result claim_unique(const InsertSpec* spec, std::uint32_t table, Cell row, const std::vector<Word>& columns);
  void keep_old_contents(std::uint32_t table, Cell row, Word key, const std::vector<Word>& before);
  void write(std::uint32_t table, Cell row, Word key, std::vector<Word>& columns);
  void note_write(std::uint32_t table, Word key, const std::vector<Word>& columns);

  World& world_;
  Runs& runs_;
  std::uint32_t frame_;
  Transaction& transaction_;
};

}  // namespace flowtank
