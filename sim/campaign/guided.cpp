// SPDX-License-Identifier: Apache-2.0
// See guided.hpp: the changes, and what a campaign file keeps of a lane's memory.
#include "sim/campaign/guided.hpp"

#include "sim/campaign/text_fields.hpp"

namespace flowtank::campaign {
namespace {

// More logs than this teach little; the newest ones replace the oldest.
constexpr std::size_t most_logs = 512;

const Log& pick_log(const LaneMemory& memory, std::uint64_t toss, std::uint64_t which) {
  // Half of the time one of the newest: they lead to what is known least.
  constexpr std::size_t newest = 16;
  const std::size_t size = memory.corpus.size();
  const std::size_t among = toss >> 63 != 0 ? std::min(size, newest) : size;
  return memory.corpus[size - 1 - below(which, among)];
}

}  // namespace

std::size_t LaneMemory::bytes() const {
  std::size_t sum = features.bytes();
  for (const Log& log : corpus) sum += log.capacity() * sizeof(std::uint64_t);
  return sum;
}

void make_script(const LaneMemory& memory, const RunDraws& draws, Script& script) {
  enum What : std::uint32_t { change = 21, first = 22, second = 23, position = 24, other_position = 25, faults = 26 };
  script.log.clear();
  script.strike_at = end_here;
  if (memory.corpus.empty()) return;
  const Log& base = pick_log(memory, draws.plan(first, 0), draws.plan(first, 1));
  const std::uint64_t toss = draws.plan(change);
  const std::size_t cut = below(draws.plan(position), base.size() + 1);
  const auto keep = base.begin() + static_cast<std::ptrdiff_t>(cut);
  switch (toss & 7) {
    case 0:  // on from where it was new
    case 1:
    case 2:
      script.log = base;
      break;
    case 3:
      script.log.assign(base.begin(), keep);
      break;
    case 4:
    case 5: {  // an action from behind the cut comes first
      script.log = base;
      if (cut == base.size()) break;
      const std::size_t from = cut + below(draws.plan(other_position), base.size() - cut);
      const std::uint64_t moved = script.log[from];
      script.log.erase(script.log.begin() + static_cast<std::ptrdiff_t>(from));
      script.log.insert(script.log.begin() + static_cast<std::ptrdiff_t>(cut), moved);
      break;
    }
    case 6: {
      const Log& other = pick_log(memory, draws.plan(second, 0), draws.plan(second, 1));
      const std::size_t from = below(draws.plan(other_position), other.size() + 1);
      script.log.assign(base.begin(), keep);
      script.log.insert(script.log.end(), other.begin() + static_cast<std::ptrdiff_t>(from), other.end());
      break;
    }
    default:
      script.log = base;
      script.strike_at = cut;
      break;
  }
}

void learn(LaneMemory& memory, const LaneLesson& lesson) {
  for (const std::uint64_t feature : lesson.features) memory.features.add(feature);
  for (const Log& log : lesson.logs) {
    if (memory.corpus.size() == most_logs) memory.corpus.erase(memory.corpus.begin());
    memory.corpus.push_back(log);
  }
}

std::string to_text(const LaneLesson& lesson) {
  FieldWriter out;
  out.number(lesson.features.size());
  for (const std::uint64_t feature : lesson.features) out.number(feature);
  out.number(lesson.logs.size());
  for (const Log& log : lesson.logs) {
    out.number(log.size());
    for (const std::uint64_t identity : log) out.number(identity);
  }
  return out.text();
}

bool read_lesson(std::string_view text, LaneLesson& lesson) {
  lesson.clear();
  FieldReader in(text);
  const std::uint64_t features = in.number();
  for (std::uint64_t i = 0; i < features && in.good(); ++i) lesson.features.push_back(in.number());
  const std::uint64_t logs = in.number();
  for (std::uint64_t i = 0; i < logs && in.good(); ++i) {
    Log& log = lesson.logs.emplace_back();
    const std::uint64_t size = in.number();
    for (std::uint64_t k = 0; k < size && in.good(); ++k) log.push_back(in.number());
  }
  return in.good() && in.at_end();
}

}  // namespace flowtank::campaign
