// SPDX-License-Identifier: Apache-2.0
// bounded_staleness and pbs: how far behind its source a read is. In versions: how many newer ones the source had
// when the read began (provable). In time: for how long the first of them had been there (runs with time only).
// A read is judged by when its session first asked, so that waiting for an answer makes nothing stale.
//
// Monitors: (1, [client, session]) the source's version when the read began, + 1; (3, key) the source's version
// now, + 1.
#include <algorithm>

#include <fmt/format.h>

#include "sim/property/proportion.hpp"
#include "sim/property/session_rule.hpp"

namespace flowtank {
namespace {

std::string milliseconds(Duration time) { return fmt::format("{} ms", static_cast<double>(time.nanoseconds()) / 1e6); }

class StalenessRule : public SessionRule {
 public:
  StalenessRule(const System& system, const PropertySpec& spec, std::uint32_t index) : SessionRule(system, spec, index) {
    if (spec.column == none) count(spec.table);
  }

  void session_asks(World& world, const SessionEvent& event) override {
    if (!selects_read(event)) return;
    set_monitor(world, numbered(world, 1, session_word(world, event)), source_version(world, event.key));
    if (world.timed()) asked_at_[{event.client, event.session}] = world.now();
  }

  void session_over(World& world, std::uint32_t client, std::uint32_t session) override {
    SessionRule::session_over(world, client, session);
    SessionEvent event;
    event.client = client;
    event.session = session;
    set_monitor(world, numbered(world, 1, session_word(world, event)), 0);
    asked_at_.erase({client, session});
  }

  std::string why_vacuous() const override { return fmt::format("no session read a key that {} has", table_name(spec_.table)); }

 protected:
  // A read that shows `version` while the source had `source` when it began, the first newer one since `age`.
  virtual void judge(World& world, const SessionEvent& event, std::uint64_t version, std::uint64_t source, Duration age) = 0;

  bool fresh(std::uint64_t version, std::uint64_t source, Duration age) const {
    if (spec_.versions && source > version && source - version > *spec_.versions) return false;
    return !spec_.within || age <= *spec_.within;
  }

  void row_changed(World& world, std::uint32_t table, Word key, std::span<const Word> before, std::span<const Word> after) override {
    SessionRule::row_changed(world, table, key, before, after);
    if (table != spec_.table || after.empty()) return;
    std::uint64_t version = 0;
    if (spec_.column == none) {
      version = changes(world, table, key) + 1;
    } else {
      const Word word = after[spec_.column];
      version = word == absent_word ? 0 : number_of(world.pool().value(word));
      if (version == 0) return set_error(fmt::format("no value: {} has no version, which must be an integer", row_name(world, table, key)));
      const Word latest = numbered(world, 3, key);
      if (monitor(world, latest) < version) set_monitor(world, latest, version);
    }
    if (!world.timed()) return;
    auto& history = history_[key];
    if (history.empty() || history.back().version < version) history.push_back({world.now(), version});
  }

  void read(World& world, const SessionEvent& event, std::uint64_t version) override {
    const Word began = numbered(world, 1, session_word(world, event));
    const std::uint64_t source = monitor(world, began);
    set_monitor(world, began, 0);
    if (source == 0) return;  // the source does not have it either
    triggered_ = true;
    if (version == 0) return set_error(fmt::format("no value: the read {} of {} has no version", step_name(event), key_text(world, event.key)));
    judge(world, event, version, source, world.timed() ? age(event, version) : Duration{});
  }

  void started(World& world, bool forget) override {
    SessionRule::started(world, forget);
    history_.clear();
    asked_at_.clear();
  }

 private:
  struct Version {
    Time time;
    std::uint64_t version;
  };

  std::uint64_t source_version(World& world, Word key) const {
    if (spec_.column != none) return monitor(world, numbered(world, 3, key));
    const std::uint64_t count = changes(world, spec_.table, key);
    return count == 0 ? 0 : count + 1;
  }

  // For how long, when the read began, the source had had a newer version than this.
  Duration age(const SessionEvent& event, std::uint64_t version) const {
    const auto found = history_.find(event.key);
    const auto asked = asked_at_.find({event.client, event.session});
    if (found == history_.end() || asked == asked_at_.end()) return {};
    const auto newer = std::upper_bound(found->second.begin(), found->second.end(), version,
                                        [](std::uint64_t v, const Version& known) { return v < known.version; });
    return newer == found->second.end() || newer->time >= asked->second ? Duration{} : asked->second - newer->time;
  }

  std::map<Word, std::vector<Version>> history_;  // timed; looked up only
  std::map<std::pair<std::uint32_t, std::uint32_t>, Time> asked_at_;  // timed; by client and session
};

class BoundedStalenessRule final : public StalenessRule {
 public:
  using StalenessRule::StalenessRule;

  std::string why_not_explored() const override {
    return spec_.within ? "how old a read is, is known only in runs with time; a bound in versions can be proved" : std::string();
  }
  std::string measured(World&) override {
    return fmt::format("at most {} behind, {} old", worst_versions_ == 1 ? "1 version" : fmt::format("{} versions", worst_versions_), milliseconds(oldest_));
  }

 protected:
  void judge(World& world, const SessionEvent& event, std::uint64_t version, std::uint64_t source, Duration age) override {
    const std::uint64_t behind = source > version ? source - version : 0;
    worst_versions_ = std::max(worst_versions_, behind);
    oldest_ = std::max(oldest_, age);
    if (fresh(version, source, age) || (!world.timed() && spec_.within)) return;
    latch(world, subject_word(world, event), [&] {
      KeyEvidence e = evidence_of(world, event);
      e.before = version_text(source);
      e.after = version_text(version);
      if (spec_.versions) e.allowed = fmt::format("at most {} behind", *spec_.versions);
      if (spec_.within) e.allowed += (e.allowed.empty() ? "at most " : ", ") + milliseconds(*spec_.within) + " old";
      e.sentence = fmt::format("{}: {} was shown {} when {} had {}", e.key, session_name(event), e.after, table_name(spec_.table), e.before);
      if (world.timed()) e.sentence += fmt::format("; the next version had been there for {}", milliseconds(age));
      return e;
    });
  }

  void started(World& world, bool forget) override {
    StalenessRule::started(world, forget);
    worst_versions_ = 0;
    oldest_ = {};
  }

 private:
  std::uint64_t worst_versions_ = 0;
  Duration oldest_;
};

// Probabilistically bounded staleness (Bailis et al. 2012, arXiv 1204.6082).
class PbsRule final : public StalenessRule {
 public:
  using StalenessRule::StalenessRule;

  std::string why_not_explored() const override { return "a probability is estimated by runs with time"; }

  void at_deadline(World&, Time, Findings& findings) override {
    if (ages_.empty()) return;
    const double wanted = static_cast<double>(spec_.parts_per_million) / 1e6;
    const Interval interval = estimate();
    if (interval.high < wanted && findings.wrong()) {
      KeyEvidence e;
      e.subject = spec_.name;
      e.after = percent(static_cast<double>(fresh_) / static_cast<double>(ages_.size()));
      e.allowed = "at least " + percent(wanted);
      e.sentence = text();
      findings.add(std::move(e));
    } else if (interval.high >= wanted && interval.low < wanted) {
      set_error("too few reads to say: " + text());
    }
  }
  std::string measured(World&) override { return text(); }

 protected:
  void judge(World& world, const SessionEvent&, std::uint64_t version, std::uint64_t source, Duration age) override {
    if (!world.timed()) return;
    if (fresh(version, source, age)) ++fresh_;
    ages_.push_back(age);
  }

  void started(World& world, bool forget) override {
    StalenessRule::started(world, forget);
    fresh_ = 0;
    ages_.clear();
  }

 private:
  static std::string percent(double share) { return fmt::format("{:.2f} %", 100 * share); }
  Interval estimate() const {
    return wilson_interval(fresh_, ages_.size(), normal_quantile(static_cast<double>(spec_.confidence_per_thousand) / 1e3).value_or(2));
  }

  // "98.20 % of 500 reads were at most 100 ms old (95 % sure: 96.61 % to 99.05 %); ages: half 0 ms, ..."
  std::string text() const {
    std::vector<Duration> sorted = ages_;
    std::sort(sorted.begin(), sorted.end());
    const auto quantile = [&](std::size_t of_hundred) { return milliseconds(sorted[(sorted.size() - 1) * of_hundred / 100]); };
    std::string bound = spec_.within ? "at most " + milliseconds(*spec_.within) + " old" : "";
    if (spec_.versions) bound += fmt::format("{}at most {} {} behind", bound.empty() ? "" : " and ", *spec_.versions, *spec_.versions == 1 ? "version" : "versions");
    const Interval interval = estimate();
    return fmt::format("{} of {} reads were {} ({:g} % sure: {} to {}); ages: half up to {}, 90 % {}, 99 % {}, all {}",
                       percent(static_cast<double>(fresh_) / static_cast<double>(ages_.size())), ages_.size(), bound,
                       static_cast<double>(spec_.confidence_per_thousand) / 10, percent(interval.low), percent(interval.high),
                       quantile(50), quantile(90), quantile(99), quantile(100));
  }

  std::uint64_t fresh_ = 0;
  std::vector<Duration> ages_;
};

}  // namespace

std::unique_ptr<Rule> make_staleness_rule(const System& system, const PropertySpec& spec, std::uint32_t index) {
  if (spec.kind == PropertyKind::pbs) return std::make_unique<PbsRule>(system, spec, index);
  return std::make_unique<BoundedStalenessRule>(system, spec, index);
}

}  // namespace flowtank
