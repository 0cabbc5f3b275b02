// SPDX-License-Identifier: Apache-2.0
// A trace file as people and programs read it: what is in it, its records one a line, the causes and consequences of a
// record, what tables and queues held, how a row came to be as it is. Everything from the file is made printable here.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sim/base/diagnostic.hpp>
#include <sim/trace/compare.hpp>
#include <sim/trace/file_records.hpp>
#include <sim/trace/reader.hpp>
#include <sim/world/system.hpp>

#include "reports/record_text.hpp"

namespace flowtank::reports {

// One JSON object without a line break: all names resolved; keys are listed in README.md.
std::string record_json(const RecordText& text, const Record& record);

// Which of the records are wanted; evaluated where it is true.
using RecordFilter = std::function<bool(const Record&)>;

class TraceView {
 public:
  // `reader` outlives this.
  explicit TraceView(const TraceReader& reader);

  const TraceReader& reader() const { return reader_; }
  const FileRecords& records() const { return records_; }
  const RecordText& text() const { return text_; }
  const System& system() const { return system_; }

  // A filter in CEL over what a record says (see help of `flowtank trace`). Nothing and diagnostics when it is wrong.
  // What has no value counts as false; the first such error goes to `error`.
  std::optional<RecordFilter> filter(const std::string& expression, std::string& error, Diagnostics& diagnostics) const;

  std::string summary(bool json) const;
  // "#110     1.204 s  effect            payment did charge 107 for o-7"
  std::string line(const Record& record, bool json, int indent = 0) const;
  // Up to `limit` records that the filter wants; says how many more there are. `write` takes the text piece by piece.
  void list(const RecordFilter& wanted, std::uint64_t limit, bool json, const std::function<void(std::string_view)>& write) const;

  // Everything that a record came from: its direct causes one under the other, second causes indented.
  std::string past(RecordId id, std::uint64_t limit, bool json) const;
  // Everything that came from it, in order, indented by distance.
  std::string future(RecordId id, std::uint64_t limit, bool json) const;

  // Which record about a key is meant; none: only numbers of records.
  enum class Keys : std::uint8_t { none, first, last };
  // A record by number ("110", "#110") or by key.
  std::optional<RecordId> find(const std::string& what, Keys keys, Diagnostics& diagnostics) const;
  // A table by name ("orders", "order.orders"); a diagnostic with suggestions when there is none.
  std::optional<std::uint32_t> table(const std::string& name, Diagnostics& diagnostics) const;

  // Rows of one table, or of all with queues, handler runs, timers and the rest.
  std::string state(std::optional<std::uint32_t> table, RecordId at, bool json) const;
  // All changes of a row. Empty when there is none.
  std::string history(std::uint32_t table, const std::string& key, bool json) const;

  // The difference to another trace, with what both say there.
  std::string difference(const TraceDifference& found, const TraceView& other) const;

  std::string component_name(const Component& component) const;

 private:
  struct Entry {
    Component component;
    Word now = absent_word;
  };
  std::vector<Entry> entries_at(RecordId at) const;
  std::vector<Entry> rows_from_records(std::uint32_t table, RecordId at) const;
  std::string rows(std::uint32_t table, const std::vector<Entry>& entries) const;
  std::string others(const std::vector<Entry>& entries) const;
  std::string held(const Entry& entry) const;
  std::string place(const Record& record) const;
  std::string key_text(const Record& record) const;

  const TraceReader& reader_;
  FileRecords records_;
  System system_;
  RecordText text_;
};

}  // namespace flowtank::reports
