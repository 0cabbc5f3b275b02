// SPDX-License-Identifier: Apache-2.0
// One thread's view into a run: the trace mapped, its records in words. Each thread makes its own from the shared
// RunData, since a TraceReader is for one thread. Words are forgotten from time to time, so that long walks keep bounded
// memory: texts stay; a word from raw(), view() or reader() is good only until the next text is asked for.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <reports/trace_view.hpp>
#include <sim/trace/reader.hpp>

#include "gui/session/snapshot.hpp"

namespace flowtank::gui {

class RunReader {
 public:
  // nullptr and a diagnostic when the file cannot be read any more.
  static std::unique_ptr<RunReader> open(std::shared_ptr<const RunData> data, Diagnostics& diagnostics);

  const RunData& data() const { return *data_; }
  const TraceIndex& index() const { return *data_->index; }
  const TraceReader& reader() const { return *reader_; }
  const reports::TraceView& view() const { return view_; }
  const System& system() const { return view_.system(); }
  std::size_t size() const { return reader_->size(); }

  Record raw(RecordId id) const { return reader_->record(id); }
  std::string time(RecordId id) const;       // "160.200 ms", "step 13"
  std::string kind(RecordId id) const;       // "delivered"
  std::string where(RecordId id) const;      // the lane's name
  std::string sentence(RecordId id) const;   // "payment got OrderPlaced(o-7)", with a capital
  std::string message(RecordId id) const;    // "OrderPlaced(o-7)"; empty
  std::string key(RecordId id) const;        // "o-7"; empty
  std::string place(RecordId id) const;
  std::string handler(RecordId id) const;
  // The name of what a violated record says.
  std::string property(RecordId id) const;

  // All causes of `id` (itself included), ascending; at most `limit`, the nearest ones.
  std::vector<RecordId> past(RecordId id, std::size_t limit) const;
  // Everything that came of it among the next `window` records, ascending.
  std::vector<RecordId> future(RecordId id, std::size_t limit, std::size_t window) const;
  // The last record of what follows at once inside of the same handler run: a commit's rows belong to it.
  RecordId settled(RecordId id) const;
  // The direct cause and the first direct effect; no_record when there is none.
  RecordId cause(RecordId id) const;
  // The nearest cause that is wanted: along direct causes first, then along second ones (what a relay publishes was
  // stored by somebody else).
  RecordId nearest_cause(RecordId id, const std::function<bool(RecordId)>& wanted) const;
  RecordId effect(RecordId id) const;

 private:
  RunReader(std::shared_ptr<const RunData> data, std::unique_ptr<TraceReader> reader);

  std::shared_ptr<const RunData> data_;
  std::unique_ptr<TraceReader> reader_;
  reports::TraceView view_;
};

// "160.200 ms", "1.204 s", "2 min 3.5 s": as exact as a person needs it.
std::string time_text(std::int64_t nanoseconds);

}  // namespace flowtank::gui
