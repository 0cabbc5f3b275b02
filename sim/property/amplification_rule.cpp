// SPDX-License-Identifier: Apache-2.0
// bounded_amplification: one operation costs few attempts. Counted are runs that handle messages and commands (or,
// with `publishes`, requests to publish), for each distinct id; attempts divided by ids is at most the limit,
// over the whole run or in every window of time. A statistic: only runs with time are judged.
#include <algorithm>

#include <fmt/format.h>

#include "sim/property/latched_rule.hpp"

namespace flowtank {
namespace {

constexpr std::uint64_t million = 1000000;

std::string ratio_text(std::uint64_t attempts, std::uint64_t operations) {
  return fmt::format("{:.2f}", static_cast<double>(attempts * 100 / operations) / 100);
}

class AmplificationRule final : public Rule {
 public:
  using Rule::Rule;

  std::uint32_t interests() const override {
    return static_cast<std::uint32_t>(spec_.publishes ? Interest::events : Interest::runs);
  }

  void sent(World& world, const Actor& actor, std::uint32_t channel, Word message) override {
    if (spec_.channel != none && channel != spec_.channel) return;
    if (spec_.publishes) count(world, message, actor);
  }
  void run_started(World& world, const Actor& actor) override {
    if (spec_.publishes || actor.input == absent_word || system_.handlers[actor.handler].trigger == Trigger::timer) return;
    if (actor.subscription != none && spec_.channel != none && system_.subscriptions[actor.subscription].channel != spec_.channel) return;
    count(world, actor.input, actor);
  }

  void at_deadline(World& world, Time, Findings& findings) override {
    close_window(world);
    if (worst_.operations == 0 || worst_.attempts * million <= spec_.parts_per_million * worst_.operations) return;
    if (!findings.wrong()) return;
    KeyEvidence e;
    e.key = key_text(world, key_of(world, worst_.top));
    e.subject = spec_.publishes ? "attempts to publish" : "handler runs";
    e.after = ratio_text(worst_.attempts, worst_.operations);
    e.allowed = "<= " + ratio_text(spec_.parts_per_million, million);
    e.sentence = fmt::format("{} for {} operations are {} each{}, at most {} are allowed; most of them, {}, were for {}",
                             count_text(worst_.attempts), worst_.operations, e.after, where(), ratio_text(spec_.parts_per_million, million),
                             worst_.of_top, message_name(world, worst_.top));
    if (world.tracing()) e.record = world.last_record_of(worst_.top);
    findings.add(std::move(e));
  }

  bool latches() const override { return true; }
  std::string why_not_explored() const override { return "how many attempts an operation costs is a statistic of runs with time"; }
  std::string measured(World&) override {
    return worst_.operations == 0 ? std::string()
                                  : fmt::format("{} attempts for each operation{}", ratio_text(worst_.attempts, worst_.operations), where());
  }
  std::string why_vacuous() const override { return spec_.publishes ? "nothing was published" : "nothing was handled"; }

 protected:
  void started(World&, bool) override {
    clear();
    worst_ = {};
    begins_ = Time::start();
  }

 private:
  struct Window {
    Time from;
    std::uint64_t attempts = 0;
    std::uint64_t operations = 0;
    Word top = absent_word;  // with the most attempts
    std::uint64_t of_top = 0;
  };

  std::string count_text(std::uint64_t n) const {
    return fmt::format("{} {}", n, spec_.publishes ? "attempts to publish" : "handler runs");
  }
  std::string where() const {
    if (!spec_.window) return {};
    return fmt::format(" from {} to {}", seconds_text(worst_.from - Time::start()), seconds_text(worst_.from - Time::start() + *spec_.window));
  }

  void clear() {
    operations_.clear();
    attempts_of_.clear();
    attempts_ = 0;
    top_ = 0;
  }

  void count(World& world, Word message, const Actor& actor) {
    if (!world.timed() || (spec_.service != none && actor.service != spec_.service)) return;
    if (spec_.message != none && world.message_type(message) != spec_.message) return;
    triggered_ = true;
    while (spec_.window && world.now() >= begins_ + *spec_.window) {
      close_window(world);
      const Duration past = world.now() - begins_;
      begins_ = begins_ + Duration(past.nanoseconds() / spec_.window->nanoseconds() * spec_.window->nanoseconds());
    }
    const std::uint32_t number = operations_.number(numbered(world, actor.service, message));
    if (attempts_of_.size() < number) attempts_of_.push_back(0);
    ++attempts_;
    if (++attempts_of_[number - 1] > top_) {
      top_ = attempts_of_[number - 1];
      top_message_ = message;
    }
  }

  void close_window(World&) {
    const std::uint64_t operations = operations_.count();
    if (operations != 0 && (worst_.operations == 0 || attempts_ * worst_.operations > worst_.attempts * operations)) {
      worst_ = {begins_, attempts_, operations, top_message_, top_};
    }
    if (spec_.window) clear();
  }

  Time begins_;
  SeenKeys operations_;                    // (service, message)
  std::vector<std::uint64_t> attempts_of_;  // by number, from 0
  std::uint64_t attempts_ = 0;
  std::uint64_t top_ = 0;
  Word top_message_ = absent_word;
  Window worst_;
};

}  // namespace

std::unique_ptr<Rule> make_amplification_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<AmplificationRule>(system, spec, index);
}

}  // namespace flowtank
