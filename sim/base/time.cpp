// SPDX-License-Identifier: Apache-2.0
// Text forms of Time and Duration. Digits come from integer division, never from a double, so the
// text of a time is exact and the same everywhere, whatever the locale.
#include "sim/base/time.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace flowtank {
namespace {

struct Unit {
  std::uint64_t ns;
  int decimals;  // a nanosecond is 10^-decimals of this unit
  const char* name;
};

constexpr Unit kUnits[] = {
    {1'000'000'000, 9, "s"}, {1'000'000, 6, "ms"}, {1'000, 3, "us"}, {1, 0, "ns"}};

std::uint64_t magnitude(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  return value < 0 ? 0 - bits : bits;
}

// `value` in `unit`, with at least `least` decimals and no further trailing zeros.
std::string decimal(bool negative, std::uint64_t value, const Unit& unit, std::size_t least) {
  std::string text = fmt::format("{}{}", negative ? "-" : "", value / unit.ns);
  std::string fraction;
  if (unit.decimals > 0) fraction = fmt::format("{:0{}}", value % unit.ns, unit.decimals);
  while (fraction.size() > least && fraction.back() == '0') fraction.pop_back();
  if (!fraction.empty()) text += "." + fraction;
  return text + " " + unit.name;
}

}  // namespace

std::string to_string(Duration d) {
  if (d == Duration::infinite()) return "infinite";
  if (d == Duration::zero()) return "0 s";
  const std::uint64_t value = magnitude(d.nanoseconds());
  const Unit* unit = std::find_if(std::begin(kUnits), std::end(kUnits),
                                  [&](const Unit& u) { return value >= u.ns; });
  return decimal(d.nanoseconds() < 0, value, *unit, 0);
}

std::string to_string(Time t) {
  if (t == Time::never()) return "never";
  return decimal(t.nanoseconds() < 0, magnitude(t.nanoseconds()), kUnits[0], 3);
}

std::string format_seconds(Time t, int decimals) {
  if (t == Time::never()) return "never";
  decimals = std::clamp(decimals, 0, 9);
  std::uint64_t step = 1'000'000'000;
  for (int i = 0; i < decimals; ++i) step /= 10;
  const std::uint64_t rounded = (magnitude(t.nanoseconds()) + step / 2) / step * step;
  std::string text =
      fmt::format("{}{}", t.nanoseconds() < 0 && rounded != 0 ? "-" : "", rounded / 1'000'000'000);
  if (decimals > 0) text += fmt::format(".{:0{}}", rounded % 1'000'000'000 / step, decimals);
  return text + " s";
}

}  // namespace flowtank
