// SPDX-License-Identifier: Apache-2.0
// no_aborted_read: no consumer handles an event that was made in a database transaction which never committed.
// Handling it before the commit is right when the commit comes; an event that is made again (same id) and
// committed then is right too. Events made outside of transactions are not looked at. With `publishes` the transaction is the handler
// run that makes the event (its broker's: consume, transform, produce): it commits when the run ends well, and what somebody had
// handled of a run that then fails stays wrong, whatever is made again.
//
// Monitors: (0, id) who makes it: 1 committed, 2 rolled back, 3 + frame while the transaction is open; (1, id)
// handled while it was not committed. The total counts those.
#include <algorithm>

#include <fmt/format.h>

#include "sim/property/rule.hpp"

namespace flowtank {
namespace {

class AbortedReadRule final : public Rule {
 public:
  using Rule::Rule;

  std::uint32_t interests() const override {
    return static_cast<std::uint32_t>(Interest::events) | static_cast<std::uint32_t>(Interest::runs) |
           static_cast<std::uint32_t>(Interest::transactions);
  }

  void made(World& world, const Actor& actor, Word message) override {
    if (spec_.message != none && world.message_type(message) != spec_.message) return;
    const Word id = id_of(world, message);
    const std::uint64_t was = monitor(world, numbered(world, 0, id));
    if (was == committed) return;
    if (!spec_.publishes && !actor.in_transaction) {
      if (was != 0) commit(world, id);
      return;
    }
    if (spec_.publishes && actor.subscription == none) return;  // a run that consumes nothing has no such transaction
    set_monitor(world, numbered(world, 0, id), open + actor.frame);
    if (made_.size() <= actor.frame) made_.resize(actor.frame + 1);
    auto& mine = made_[actor.frame];
    if (std::find(mine.begin(), mine.end(), message) == mine.end()) mine.push_back(message);
  }

  void transaction_ended(World& world, const Actor& actor, bool ended_well) override {
    if (!spec_.publishes) ended(world, actor, ended_well);
  }

  void run_ended(World& world, const Actor& actor, RunOutcome outcome) override {
    if (spec_.publishes) ended(world, actor, outcome == RunOutcome::well);
  }

  void run_started(World& world, const Actor& actor) override {
    if (actor.subscription == none || !selects(world, actor.subscription, actor.input)) return;
    const Word id = id_of(world, actor.input);
    const std::uint64_t state = monitor(world, numbered(world, 0, id));
    if (state == 0) return;
    triggered_ = true;
    if (state == committed || monitor(world, numbered(world, 1, id)) != 0) return;
    const bool stays = spec_.publishes && state == rolled_back;
    set_monitor(world, numbered(world, 1, id), (1 + actor.subscription) | (stays ? for_ever : 0));
    set_total(world, total(world) + 1);
    const std::uint32_t number = read_.number(id);
    if (messages_.size() < number) messages_.resize(number);
    messages_[number - 1] = actor.input;
  }

  void at_quiescence(World& world, Findings& findings) override {
    if (total(world) == 0 || !findings.wrong()) return;
    for (const Word id : read_.sorted(world.pool())) {
      const std::uint64_t reader = monitor(world, numbered(world, 1, id));
      if (reader != 0) findings.add(evidence(world, messages_[read_.number(id) - 1], static_cast<std::uint32_t>((reader & ~for_ever) - 1)));
    }
  }
  bool needs_quiescence() const override { return true; }
  std::string why_vacuous() const override { return "no event that was made in a transaction was ever handled"; }

 protected:
  void started(World&, bool forget) override {
    if (!forget) return;
    made_.clear();
    read_.clear();
    messages_.clear();
  }

 private:
  static constexpr std::uint64_t committed = 1, rolled_back = 2, open = 3;
  static constexpr std::uint64_t for_ever = 1U << 31;  // beside the reader: what it read was rolled back

  void ended(World& world, const Actor& actor, bool ended_well) {
    if (actor.frame >= made_.size()) return;
    // A superset under exploration: the monitor says which of them this transaction has made.
    for (const Word message : made_[actor.frame]) {
      const Word id = id_of(world, message);
      if (monitor(world, numbered(world, 0, id)) != open + actor.frame) continue;
      if (ended_well) commit(world, id);
      else roll_back(world, id);
    }
    if (world.timed()) made_[actor.frame].clear();
  }

  void roll_back(World& world, Word id) {
    set_monitor(world, numbered(world, 0, id), rolled_back);
    const std::uint64_t reader = monitor(world, numbered(world, 1, id));
    if (spec_.publishes && reader != 0) set_monitor(world, numbered(world, 1, id), reader | for_ever);
  }

  void commit(World& world, Word id) {
    set_monitor(world, numbered(world, 0, id), committed);
    const std::uint64_t reader = monitor(world, numbered(world, 1, id));
    if (reader == 0 || (reader & for_ever) != 0) return;
    set_monitor(world, numbered(world, 1, id), 0);
    set_total(world, total(world) - 1);
  }

  KeyEvidence evidence(World& world, Word message, std::uint32_t subscription) {
    KeyEvidence e;
    e.key = key_text(world, key_of(world, message));
    e.subject = fmt::format("{} at {}", system_.messages[world.message_type(message)].name, consumer_name(subscription));
    e.before = "rolled back";
    e.after = "handled";
    e.allowed = "committed";
    e.sentence = fmt::format("{}: {} handled {}, but the transaction that made it was rolled back", e.key, consumer_name(subscription),
                             message_name(world, message));
    if (world.tracing()) e.record = world.last_record_of(message);
    return e;
  }

  std::vector<std::vector<Word>> made_;  // by frame: messages of its transactions
  SeenKeys read_;
  std::vector<Word> messages_;           // by number in read_, from 0
};

}  // namespace

std::unique_ptr<Rule> make_aborted_read_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<AbortedReadRule>(system, spec, index);
}

}  // namespace flowtank
