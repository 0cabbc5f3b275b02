// SPDX-License-Identifier: Apache-2.0
// See compare.hpp. Contents are compared by their 128-bit identity, which does not depend on a pool.
#include "sim/trace/compare.hpp"

#include <algorithm>

namespace flowtank {

std::optional<TraceDifference> first_difference(const Records& first, const Pool& first_pool, const Records& second, const Pool& second_pool) {
  const std::size_t both = std::min(first.size(), second.size());
  for (std::size_t id = 0; id < both; ++id) {
    const Record a = first[id], b = second[id];
    TraceDifference difference;
    difference.record = id;
    const auto same = [&](const char* name, bool equal) {
      if (!equal) difference.fields.emplace_back(name);
    };
    const auto content = [&](const char* name, Word x, Word y) { same(name, first_pool.content(x) == second_pool.content(y)); };
    same("time", a.time == b.time);
    same("kind", a.kind == b.kind);
    same("outcome", a.outcome == b.outcome);
    same("service", a.service == b.service);
    same("instance", a.instance == b.instance);
    same("handler", a.handler == b.handler);
    same("step", a.step == b.step);
    same("place", a.place == b.place);
    content("subject", a.subject, b.subject);
    content("key", a.key, b.key);
    content("before", a.before, b.before);
    content("detail", a.detail, b.detail);
    content("says", a.says, b.says);
    same("parent", a.parent == b.parent);
    same("other_parent", a.other_parent == b.other_parent);
    if (!difference.fields.empty()) return difference;
  }
  if (first.size() == second.size()) return std::nullopt;
  TraceDifference difference;
  difference.record = both;
  difference.only_in_first = first.size() > both;
  difference.only_in_second = second.size() > both;
  return difference;
}

}  // namespace flowtank
