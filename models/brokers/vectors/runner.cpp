// SPDX-License-Identifier: Apache-2.0
// See runner.hpp: plays all steps first, then puts each observation where it counts and compares in order, up to the first
// difference. A step that cannot be played ends the playing, and is told where no step before it differs.
#include "models/brokers/vectors/runner.hpp"

#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "models/brokers/vectors/compare.hpp"
#include "models/brokers/vectors/driver.hpp"
#include "models/brokers/vectors/node.hpp"

namespace flowtank::vectors {
namespace {

Judgement not_supported(std::string why) { return {Judgement::Kind::not_supported, 0, {}, {}, std::move(why)}; }

// A step as it was played.
struct Played {
  std::vector<Observation> observed;
  std::int64_t began_ms = 0, elapsed_ms = 0;
  std::uint32_t sharing = 0;
  bool is_open = false;  // it waits for what an op that cannot be played might have decided
};

// An answer that came while later steps were played belongs to the step that asked, if the vector says anything of that step or the
// step says itself what its caller sees; else to the step at which it came.
void place(const VectorFile& vector, const Comparison& comparison, std::vector<Played>& played, std::vector<Observation> open, bool broke_off) {
  const auto asker_of = [&](const Observation& observation) -> Played* {
    for (std::size_t i = 0; i < played.size(); ++i) {
      if (vector.steps[i].n != observation.asked_at) continue;
      const bool is_told = !comparison.expected_after(observation.asked_at).empty() || text_of(vector.steps[i].node, "fault") == "answer_lost";
      return is_told ? &played[i] : nullptr;
    }
    return nullptr;
  };
  const auto give = [](Played& asker, Observation&& observation) {
    asker.elapsed_ms = observation.came_ms - asker.began_ms;
    asker.observed.push_back(std::move(observation));
  };
  for (Played& step : played) {
    std::vector<Observation> here;
    for (Observation& observation : std::exchange(step.observed, {})) {
      Played* const asker = observation.asked_at == 0 ? nullptr : asker_of(observation);
      if (asker == nullptr || asker == &step) here.push_back(std::move(observation));
      else give(*asker, std::move(observation));
    }
    step.observed.insert(step.observed.begin(), std::make_move_iterator(here.begin()), std::make_move_iterator(here.end()));
  }
  for (Observation& observation : open) {
    Played* const asker = asker_of(observation);
    if (asker == nullptr) continue;
    if (broke_off) asker->is_open = true;
    else give(*asker, std::move(observation));
  }
}

}  // namespace

Judgement judge(const VectorFile& vector) {
  std::string why;
  const std::unique_ptr<Driver> driver = driver_for(vector, why);
  if (driver == nullptr) return not_supported(why);
  std::vector<Observation> ignored;
  for (std::size_t i = 0; i < vector.setup.size(); ++i) {
    why = driver->play(vector.setup[i], true, ignored);
    if (!why.empty()) return not_supported(why);
    driver->settle(vector.setup[i], i + 1 < vector.setup.size() ? &vector.setup[i + 1] : nullptr);
  }
  std::vector<Played> played;
  for (std::size_t i = 0; i < vector.steps.size() && why.empty(); ++i) {
    const Step& step = vector.steps[i];
    Played& seen = played.emplace_back();
    seen.began_ms = driver->now_ms();
    why = driver->play(step, false, seen.observed);
    if (!why.empty()) break;
    seen.elapsed_ms = driver->now_ms() - seen.began_ms;
    seen.sharing = driver->sharing();
    driver->settle(step, i + 1 < vector.steps.size() ? &vector.steps[i + 1] : nullptr);
  }
  // The recorder had ended: what comes now counts only where a step waited for it.
  std::vector<Observation> open;
  driver->finish(open);
  Comparison comparison(vector, *driver);
  place(vector, comparison, played, std::move(open), !why.empty());
  if (!why.empty()) played.pop_back();
  for (std::size_t i = 0; i < played.size(); ++i) {
    Played& seen = played[i];
    if (seen.is_open) continue;
    if (auto difference = comparison.compare(vector.steps[i], std::move(seen.observed), seen.elapsed_ms, seen.sharing)) {
      return {Judgement::Kind::differs, vector.steps[i].n, std::move(difference->expected), std::move(difference->got), {}};
    }
  }
  if (!why.empty()) return not_supported(why);
  std::int64_t at = 0;
  if (auto rest = comparison.compare_rest(at)) return {Judgement::Kind::differs, at, std::move(rest->expected), std::move(rest->got), {}};
  return {};
}

std::string to_text(const Judgement& judgement) {
  switch (judgement.kind) {
    case Judgement::Kind::agrees: return "agrees";
    case Judgement::Kind::differs:
      return fmt::format("differs at step {} (expected {}, got {})", judgement.step, judgement.expected, judgement.got);
    case Judgement::Kind::not_supported: return fmt::format("not supported ({})", judgement.why);
  }
  return {};
}

std::string to_text(const Tally& tally) {
  std::string text = fmt::format("{} {}, {} {}, {} not supported", tally.agree, tally.agree == 1 ? "agrees" : "agree", tally.differ,
                                 tally.differ == 1 ? "differs" : "differ", tally.not_supported);
  if (tally.unreadable != 0) text += fmt::format(", {} unreadable", tally.unreadable);
  return text;
}

}  // namespace flowtank::vectors
