// SPDX-License-Identifier: Apache-2.0
// nothing_dropped: every message that a broker accepted ends, for every subscription that has a handler for
// it, as handled or as a dead letter. One handled copy is enough; an ignored or lost copy alone is a
// silent drop. A service that takes no such message drops nothing by ignoring it. Fates that the scenario allows
// (`allowed`: expired, evicted, ...) are no drops: the reason is known.
//
// Monitor of (subscription, message): waiting, done, or the fate that is no good end; the total counts those not
// done.
#include <fmt/format.h>

#include <array>

#include "sim/property/rule.hpp"

namespace flowtank {
namespace {

constexpr std::uint64_t waiting = 1, ignored = 2, lost = 3, done = 4, expired = 5, evicted = 6, unroutable = 7;

std::uint64_t state_of(Fate fate) {
  switch (fate) {
    case Fate::handled:
    case Fate::dead_letter: return done;
    case Fate::ignored: return ignored;
    case Fate::lost: return lost;
    case Fate::expired: return expired;
    case Fate::evicted: return evicted;
    case Fate::unroutable: return unroutable;
  }
  return lost;
}

class FateRule final : public Rule {
 public:
  FateRule(const System& system, const PropertySpec& spec, std::uint32_t index)
      : Rule(system, spec, index), subscriptions_of_(system.channels.size()) {
    for (std::uint32_t s = 0; s < system.subscriptions.size(); ++s) {
      subscriptions_of_[system.subscriptions[s].channel].push_back(s);
    }
  }

  void accepted(World& world, std::uint32_t channel, Word message) override {
    const std::uint32_t type = world.message_type(message);
    if (spec_.message != none && type != spec_.message) return;
    if (spec_.channel != none && channel != spec_.channel) return;
    for (const std::uint32_t subscription : subscriptions_of_[channel]) {
      if (!selects(world, subscription, message)) continue;
      triggered_ = true;
      const Word key = copy(world, subscription, message);
      if (monitor(world, key) != 0) continue;
      seen_.number(key);
      set_monitor(world, key, waiting);
      set_total(world, total(world) + 1);
    }
  }

  void message_fate(World& world, std::uint32_t subscription, Word message, Fate fate) override {
    const Word key = copy(world, subscription, message);
    const std::uint64_t was = monitor(world, key);
    if (was == 0 || was == done) return;
    const bool allowed = (spec_.allowed_fates >> static_cast<unsigned>(fate) & 1U) != 0;
    const std::uint64_t is = allowed ? done : state_of(fate);
    set_monitor(world, key, is);
    if (is == done) set_total(world, total(world) - 1);
  }

  void at_quiescence(World& world, Findings& findings) override {
    if (total(world) == 0 || !findings.wrong()) return;
    for (const Word key : seen_.sorted(world.pool())) {
      const std::uint64_t is = monitor(world, key);
      if (is != 0 && is != done) findings.add(evidence(world, key, is));
    }
  }
  bool needs_quiescence() const override { return true; }

  std::string why_vacuous() const override {
    return fmt::format("no {} that somebody handles was ever accepted by a broker",
                       spec_.message == none ? "message" : system_.messages[spec_.message].name);
  }

 protected:
  void started(World&, bool forget) override {
    if (forget) seen_.clear();
  }

 private:
  static Word copy(World& world, std::uint32_t subscription, Word message) {
    const std::array<Word, 2> parts{Pool::of_int_small(subscription), message};
    return world.pool().intern_list(parts);
  }

  KeyEvidence evidence(World& world, Word key, std::uint64_t is) {
    const Value copy = world.pool().value(key);
    const Subscription& subscription = system_.subscriptions[static_cast<std::size_t>(copy.items()[0].i)];
    const Value message = copy.items()[1];
    const Word word = world.pool().find(message);
    const std::string& name = system_.messages[world.message_type(word)].name;
    const std::string service = subscription.service == none ? subscription.group : system_.services[subscription.service].name;
    const char* what = "accepted by the broker, but neither handled nor put among the dead letters";
    if (is == ignored) what = "acknowledged without being handled, and is no dead letter";
    if (is == lost) what = "accepted by the broker, then lost";
    if (is == expired) what = "kept by the broker only until it was too old";
    if (is == evicted) what = "thrown out of a full queue";
    if (is == unroutable) what = "accepted by the broker when nobody was there to get it";
    KeyEvidence e;
    e.key = to_text(message.items()[field_key]);
    e.subject = fmt::format("{} to {}", name, service);
    constexpr const char* names[] = {"", "waiting", "ignored", "lost", "handled", "expired", "evicted", "unroutable"};
    e.after = names[is];
    e.allowed = "handled or dead letter";
    e.sentence = fmt::format("{}: {} to {} was {}", e.key, name, service, what);
    return e;
  }

  std::vector<std::vector<std::uint32_t>> subscriptions_of_;  // by channel
  SeenKeys seen_;
};

}  // namespace

std::unique_ptr<Rule> make_fate_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<FateRule>(system, spec, index);
}

}  // namespace flowtank
