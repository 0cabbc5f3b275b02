// SPDX-License-Identifier: Apache-2.0
// Records in words. Names come from the System, contents from the Pool of the World that ran; both are made
// printable here. One record gives one sentence without its full stop; a commit tells all rows it changed.
#pragma once

#include <string>
#include <string_view>

#include <sim/trace/trace.hpp>
#include <sim/world/world.hpp>

namespace flowtank::reports {

class RecordText {
 public:
  // All outlive this. Of a trace file, `system` has the names and no more, and the words of `records` belong to `pool`.
  RecordText(const System& system, const Pool& pool, const Records& records) : system_(system), pool_(pool), trace_(records) {}
  RecordText(const World& world, const Records& records) : RecordText(world.system(), world.pool(), records) {}

  // "payment #1", "payment" where it has one instance, "a client" or "the broker" where there is no service.
  std::string who(const Record& record) const;
  // "OrderPlaced(o-7)"
  std::string message(Word word) const;
  std::string value(Word word) const;
  std::string channel(std::uint32_t index) const;
  std::string handler(const Record& record) const;  // "payment.OnOrderPlaced"; empty when there is none
  std::string step(const Record& record) const;     // label of the step; empty when there is none
  std::string place_name(const Record& record) const;  // of the channel, table, effect, ... meant; may be empty

  // What happened, for a person: "payment #1 charged 107 for o-7".
  std::string sentence(const Record& record) const;
  // Is that sentence the one of the model's author?
  bool author_speaks(const Record& record) const;
  // Is this record worth a line of a story, or machinery?
  bool told(const Record& record) const;
  // Between which two doings a crash fell: "between commit and publish"; empty when nothing was under way.
  std::string window(const Record& crash) const;
  // The window by its name among dual writes: "commit-then-publish", "publish-then-mark-sent", "effect-then-ack"; empty when
  // the crash is not between two such steps.
  std::string window_name(const Record& crash) const;

  // A fault or crash as the reason of what followed: "payment got OrderPlaced(o-7) a second time"; empty for
  // other records.
  std::string reason(const Record& record) const;
  // Where a fault struck: a record with the service and message concerned, as far as they are known.
  Record struck_record(const Record& fault) const;

  const System& system() const { return system_; }
  const Pool& pool() const { return pool_; }
  const Records& trace() const { return trace_; }

 private:
  std::string name(std::string_view text) const;
  bool is_text(Word word, std::string_view text) const;
  std::string commit(const Record& record) const;
  std::string row_change(const Record& record) const;
  std::string changed_columns(std::uint32_t table, Word before, Word after) const;
  std::string publishing(const Record& record) const;
  std::string around_messages(const Record& record) const;
  std::string environment(const Record& record) const;
  Record crashed_run(const Record& crash) const;
  std::string struck_service(const Record& fault) const;
  std::string node_names(const std::vector<FaultNode>& nodes) const;
  std::string partition_words(const Fault& fault) const;
  std::string place_of(const Record& record) const;

  std::uint32_t message_type(const Value& message) const;

  const System& system_;
  const Pool& pool_;
  const Records& trace_;
};

// The name of a kind in files: "command_sent".
std::string_view kind_name(RecordKind kind);
std::string_view outcome_name(Outcome outcome);
// What a fault does, as a noun: "duplicate", "crash", "ambiguous publish".
std::string_view fault_noun(FaultKind kind);

}  // namespace flowtank::reports
