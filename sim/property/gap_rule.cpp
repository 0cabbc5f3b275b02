// SPDX-License-Identifier: Apache-2.0
// dedup_window: what a consumer remembers of events it has seen is kept long enough. The gap of a copy is the
// time since the first copy of the same event began to be handled by that service; none is longer than the
// retention of the store that tells duplicates (`within`). A statistic: only runs with time have gaps.
#include <fmt/format.h>

#include "sim/property/latched_rule.hpp"

namespace flowtank {
namespace {

class GapRule final : public Rule {
 public:
  using Rule::Rule;

  std::uint32_t interests() const override { return static_cast<std::uint32_t>(Interest::runs); }

  void run_started(World& world, const Actor& actor) override {
    if (!world.timed() || actor.subscription == none || !selects(world, actor.subscription, actor.input)) return;
    const std::uint32_t number = seen_.number(numbered(world, actor.service, id_of(world, actor.input)));
    if (first_.size() < number) {
      first_.push_back(world.now());
      return;
    }
    triggered_ = true;
    const Duration gap = world.now() - first_[number - 1];
    if (gap > largest_) {
      largest_ = gap;
      largest_of_ = actor.input;
    }
    if (spec_.within && gap > *spec_.within) too_late_.push_back({actor.input, actor.subscription, gap, world.tracing() ? world.last_record_of(actor.input) : no_record});
  }

  bool latches() const override { return true; }
  std::string why_not_explored() const override { return "gaps have a length only in runs with time"; }
  std::string measured(World& world) override {
    return fmt::format("the largest gap is {} ({}), {} are remembered", seconds_text(largest_), message_name(world, largest_of_),
                       seconds_text(*spec_.within));
  }
  std::string why_vacuous() const override { return "no event came twice"; }

 protected:
  void started(World&, bool) override {
    seen_.clear();
    first_.clear();
    too_late_.clear();
    largest_ = Duration{};
    largest_of_ = absent_word;
  }

  void examine(World& world, const Dirty*, Findings& findings) override {
    for (const Late& late : too_late_) {
      if (!findings.wrong()) return;
      KeyEvidence e;
      e.key = key_text(world, key_of(world, late.message));
      e.subject = consumer_name(late.subscription);
      e.after = seconds_text(late.gap);
      e.allowed = "<= " + seconds_text(*spec_.within);
      e.sentence = fmt::format("{}: a copy of {} came to {} {} after the first, but only {} are remembered", e.key,
                               message_name(world, late.message), e.subject, e.after, seconds_text(*spec_.within));
      e.record = late.record;
      findings.add(std::move(e));
    }
  }

 private:
  struct Late {
    Word message;
    std::uint32_t subscription;
    Duration gap;
    RecordId record;
  };

  SeenKeys seen_;            // (service, id)
  std::vector<Time> first_;  // by number, from 0
  Duration largest_;
  Word largest_of_ = absent_word;
  std::vector<Late> too_late_;
};

}  // namespace

std::unique_ptr<Rule> make_gap_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  return std::make_unique<GapRule>(system, spec, index);
}

}  // namespace flowtank
