// SPDX-License-Identifier: Apache-2.0
// See runner.hpp: plays step by step and stops at the first difference.
#include "models/brokers/vectors/runner.hpp"

#include <fmt/format.h>

#include "models/brokers/vectors/compare.hpp"
#include "models/brokers/vectors/driver.hpp"
#include "models/brokers/vectors/node.hpp"

namespace flowtank::vectors {
namespace {

Judgement not_supported(std::string why) { return {Judgement::Kind::not_supported, 0, {}, {}, std::move(why)}; }

}  // namespace

Judgement judge(const VectorFile& vector) {
  std::string why;
  const std::unique_ptr<Driver> driver = driver_for(vector, why);
  if (driver == nullptr) return not_supported(why);
  Comparison comparison(vector, *driver);
  std::vector<Observation> ignored;
  for (std::size_t i = 0; i < vector.setup.size(); ++i) {
    why = driver->play(vector.setup[i], true, ignored);
    if (!why.empty()) return not_supported(why);
    driver->settle(vector.setup[i], i + 1 < vector.setup.size() ? &vector.setup[i + 1] : nullptr);
  }
  for (std::size_t i = 0; i < vector.steps.size(); ++i) {
    const Step& step = vector.steps[i];
    std::vector<Observation> observed;
    const std::int64_t before = driver->now_ms();
    why = driver->play(step, false, observed);
    if (!why.empty()) return not_supported(why);
    const std::int64_t elapsed = driver->now_ms() - before;
    if (auto difference = comparison.compare(step, std::move(observed), elapsed)) {
      return {Judgement::Kind::differs, step.n, std::move(difference->expected), std::move(difference->got), {}};
    }
    driver->settle(step, i + 1 < vector.steps.size() ? &vector.steps[i + 1] : nullptr);
  }
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
