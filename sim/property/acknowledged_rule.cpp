// SPDX-License-Identifier: Apache-2.0
// no_acknowledged_loss: what a producer was told is stored reaches every group that takes it, or its dead
// letters. A publish without an answer promises nothing. The four sets of a total-queue check are the evidence:
// lost (acknowledged, never settled), recovered (settled although never acknowledged), duplicated (settled more
// than once) and unexpected (settled, but nobody sent it).
//
// Monitors: (0, id) acknowledged; (1 + subscription, id) settled; the total counts pairs that are acknowledged
// and not settled. The other three sets are kept outside of the state: they judge nothing.
#include <algorithm>

#include <fmt/format.h>

#include "sim/property/rule.hpp"

namespace flowtank {
namespace {

class AcknowledgedRule final : public Rule {
 public:
  AcknowledgedRule(const System& system, const PropertySpec& spec, std::uint32_t index)
      : Rule(system, spec, index), subscriptions_of_(system.channels.size()) {
    for (std::uint32_t s = 0; s < system.subscriptions.size(); ++s) {
      subscriptions_of_[system.subscriptions[s].channel].push_back(s);
    }
  }

  std::uint32_t interests() const override {
    return static_cast<std::uint32_t>(Interest::events) | static_cast<std::uint32_t>(Interest::answers);
  }

  void sent(World& world, const Actor&, std::uint32_t, Word message) override {
    if (wanted(world, message)) entry(world, message).sent = true;
  }

  void told(World& world, const Actor&, std::uint32_t channel, Word message, Told how) override {
    if (how != Told::accepted || !wanted(world, message)) return;
    const Word id = id_of(world, message);
    if (monitor(world, numbered(world, 0, id)) != 0) return;
    bool taken = false;
    for (const std::uint32_t s : subscriptions_of_[channel]) {
      if (!selects(world, s, message)) continue;
      taken = true;
      if (monitor(world, numbered(world, 1 + s, id)) == 0) set_total(world, total(world) + 1);
    }
    if (!taken) return;
    triggered_ = true;
    Entry& known = entry(world, message);
    known.sent = true;
    known.channel = channel;
    set_monitor(world, numbered(world, 0, id), 1);
  }

  void message_fate(World& world, std::uint32_t subscription, Word message, Fate fate) override {
    if (!selects(world, subscription, message)) return;
    if (fate == Fate::lost || fate == Fate::expired || fate == Fate::evicted || fate == Fate::unroutable) return;
    const Word id = id_of(world, message);
    Entry& known = entry(world, message);
    const Word settled = numbered(world, 1 + subscription, id);
    if (monitor(world, settled) != 0) {
      known.repeated = true;
      return;
    }
    known.settled = true;
    set_monitor(world, settled, 1);
    if (monitor(world, numbered(world, 0, id)) != 0) set_total(world, total(world) - 1);
  }

  void at_quiescence(World& world, Findings& findings) override {
    if (total(world) == 0 || !findings.wrong()) return;
    for (const Entry& known : entries_) {
      const Word id = id_of(world, known.message);
      if (monitor(world, numbered(world, 0, id)) == 0 || known.channel == none) continue;
      for (const std::uint32_t s : subscriptions_of_[known.channel]) {
        if (!selects(world, s, known.message) || monitor(world, numbered(world, 1 + s, id)) != 0) continue;
        findings.add(lost(world, known.message, s));
      }
    }
    KeyEvidence sets;
    sets.subject = "all messages";
    sets.sentence = four_sets(world);
    findings.add(std::move(sets));
  }
  bool needs_quiescence() const override { return true; }
  std::string measured(World& world) override { return four_sets(world); }

  std::string why_vacuous() const override {
    return fmt::format("no producer was told that {} is stored",
                       spec_.message == none ? "a message that somebody takes" : system_.messages[spec_.message].name);
  }

 protected:
  void started(World&, bool) override {
    entries_.clear();
    index_.clear();
  }

 private:
  struct Entry {
    Word message = absent_word;
    std::uint32_t channel = none;  // where it was acknowledged
    bool sent = false;
    bool settled = false;
    bool repeated = false;
  };

  bool wanted(const World& world, Word message) const {
    return spec_.message == none || world.message_type(message) == spec_.message;
  }

  Entry& entry(const World& world, Word message) {
    const Word id = id_of(world, message);
    if (const std::uint32_t at = index_.find(id)) return entries_[at - 1];
    entries_.push_back({});
    entries_.back().message = message;
    index_.put(id, static_cast<std::uint32_t>(entries_.size()));
    return entries_.back();
  }

  KeyEvidence lost(World& world, Word message, std::uint32_t subscription) {
    KeyEvidence e;
    e.key = key_text(world, key_of(world, message));
    e.subject = fmt::format("{} to {}", system_.messages[world.message_type(message)].name, consumer_name(subscription));
    e.before = "acknowledged";
    e.after = "lost";
    e.allowed = "settled or dead letter";
    e.sentence = fmt::format("{}: the producer of {} was told that it is stored, but {} never got it", e.key,
                             message_name(world, message), consumer_name(subscription));
    if (world.tracing()) e.record = world.last_record_of(message);
    return e;
  }

  // "lost 1: o-3; recovered 0; duplicated 2: o-1, o-4; unexpected 0"
  std::string four_sets(World& world) const {
    std::vector<std::string> sets[4];
    for (const Entry& known : entries_) {
      const Word id = id_of(world, known.message);
      const bool acknowledged = monitor(world, numbered(world, 0, id)) != 0;
      const std::string key = key_text(world, key_of(world, known.message));
      bool missing = false;
      for (std::uint32_t s = 0; acknowledged && known.channel != none && s < system_.subscriptions.size(); ++s) {
        missing = missing || (system_.subscriptions[s].channel == known.channel && selects(world, s, known.message) &&
                              monitor(world, numbered(world, 1 + s, id)) == 0);
      }
      if (missing) sets[0].push_back(key);
      if (known.settled && !acknowledged && known.sent) sets[1].push_back(key);
      if (known.repeated) sets[2].push_back(key);
      if (known.settled && !known.sent) sets[3].push_back(key);
    }
    constexpr const char* names[] = {"lost", "recovered", "duplicated", "unexpected"};
    constexpr std::size_t shown = 5;
    std::string text;
    for (std::size_t i = 0; i < 4; ++i) {
      text += fmt::format("{}{} {}", i == 0 ? "" : "; ", names[i], sets[i].size());
      for (std::size_t k = 0; k < sets[i].size() && k < shown; ++k) text += (k == 0 ? ": " : ", ") + sets[i][k];
      if (sets[i].size() > shown) text += ", ...";
    }
    return text;
  }

  std::vector<std::vector<std::uint32_t>> subscriptions_of_;  // by channel
  WordIndex index_;  // id -> entry + 1
  std::vector<Entry> entries_;
};

}  // namespace

std::unique_ptr<Rule> make_acknowledged_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<AcknowledgedRule>(system, spec, index);
}

}  // namespace flowtank
