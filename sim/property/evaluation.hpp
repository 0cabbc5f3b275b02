// SPDX-License-Identifier: Apache-2.0
// Evaluates the expressions of one property and learns from every evaluation what it read: which row of
// which table, or a table as a whole. After a change only the subjects (rows under examination) that may
// have read what changed are examined again, which keeps a property cheap in long runs.
//
// Invariant: what is remembered is a superset of what the last evaluation of each subject read; it only
// grows, also from run to run. Therefore it stays right under undo: a state's evaluation read no more.
// The tables of dependencies decide only what is evaluated again, never a result or an order.
#pragma once

#include <cstdint>
#include <vector>

#include <sim/base/pool.hpp>
#include <sim/base/value.hpp>
#include <sim/world/evaluation.hpp>
#include <sim/world/system.hpp>
#include <sim/base/word_index.hpp>

namespace flowtank {

class World;

// What an action may have made different for a property: some subjects, or anything.
struct Dirty {
  bool all = false;
  std::vector<Word> subjects;

  bool any() const { return all || !subjects.empty(); }
  void add(Word subject) {
    if (!all && (subjects.empty() || subjects.back() != subject)) subjects.push_back(subject);
  }
  void clear() {
    all = false;
    subjects.clear();
  }
};

// Who read what.
class Dependencies {
 public:
  explicit Dependencies(std::size_t tables) : whole_(tables, false), own_(tables, false), rows_(tables, false) {}

  // `subject` read the row of `key` in `table`, there or not.
  void read_row(std::uint32_t table, Word key, Word subject);
  // Somebody read which rows there are.
  void read_table(std::uint32_t table) { whole_[table] = true; }
  // The row of `key` changed: adds who read it.
  void changed(std::uint32_t table, Word key, Dirty& dirty) const {
    if (own_[table]) dirty.add(key);
    if (whole_[table] || rows_[table]) changed_elsewhere(table, key, dirty);
  }
  void clear();

 private:
  // Readers of one row; a row with more readers than this makes everything dirty instead.
  static constexpr std::uint32_t most_readers = 32;
  struct Reader {
    Word subject;
    std::uint32_t next;  // index + 1
  };
  void changed_elsewhere(std::uint32_t table, Word key, Dirty& dirty) const;
  static std::uint64_t identity(std::uint32_t table, Word key) { return mix64(key ^ mix64(table + 1U)) | 1; }

  // By table.
  std::vector<char> whole_;
  std::vector<char> own_;   // subjects read the row of their own key: the usual case, kept without an index
  std::vector<char> rows_;  // rows of other keys, in the index
  WordIndex first_;          // identity -> index + 1 in readers_, or everybody
  std::vector<Reader> readers_;
};

class Evaluation {
 public:
  const System& system() const { return system_; }
  explicit Evaluation(const System& system) : system_(system), dependencies_(system.tables.size()) {}

  // The value of an expression over the slots of spec.hpp for one subject (absent_word: there is only
  // one). Valid until reset() and while the row it may point into is not changed.
  Value evaluate(World& world, ExprId expression, const Value& item, const Value& key, Word subject);
  void reset() { arena_.reset(); }
  // Asks the World to keep the observation tables that the expression names.
  void watch(World& world, ExprId expression) const;

  Dependencies& dependencies() { return dependencies_; }
  const Dependencies& dependencies() const { return dependencies_; }

  // Of all evaluations since start(): was any table read, and did one of those read have a row?
  bool read_tables() const { return read_tables_; }
  bool read_rows() const { return read_rows_; }
  void start() { read_tables_ = read_rows_ = false; }

 private:
  friend class ReadingHost;
  const System& system_;
  Dependencies dependencies_;
  Arena arena_;
  bool read_tables_ = false;
  bool read_rows_ = false;
};

}  // namespace flowtank
