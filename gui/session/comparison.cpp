// SPDX-License-Identifier: Apache-2.0
// See comparison.hpp. Each event has two hashes: of itself (kind, place, message, key, what it found or did),
// and of itself with all its causes. Equal histories are paired first, then equal events; pairs that would cross become moved ones.
#include "gui/session/comparison.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include <sim/base/hash.hpp>

namespace flowtank::gui {
namespace {

struct Side {
  std::vector<RecordId> events;        // what pictures draw, ascending
  std::vector<std::uint64_t> own;      // by event
  std::vector<std::uint64_t> history;  // by event
  std::vector<std::uint32_t> partner;  // by event, number of the other side's event; none
  bool whole = true;
};

constexpr std::uint32_t nobody = 0xffffffffU;

std::uint64_t text_hash(std::string_view text) { return hash_bytes(text).lo; }

// The content of values by their numbers in the file, each looked at once.
class Contents {
 public:
  explicit Contents(const RunReader& run) : run_(run), known_(run.reader().values() + 1, 0) {}

  std::uint64_t of(std::uint64_t number) {
    if (number == 0 || number >= known_.size()) return 0;
    std::uint64_t& at = known_[number];
    if (at == 0) at = std::max<std::uint64_t>(1, look(number));
    return at;
  }

 private:
  // Of a message its type, key and data: its number may be another one where a run took another way.
  std::uint64_t look(std::uint64_t number) const {
    const FileRecords& records = run_.view().records();
    records.forget_when_large();
    const Word word = records.word(number);
    const Value value = records.pool().value(word);
    if (!value.is(Kind::record) || value.items().size() != message_fields) return records.pool().content(word).lo;
    Hash128 hash;
    for (const MessageField field : {field_type, field_key, field_data}) hash = combine(hash, Pool::content_of(value.items()[field]));
    return hash.lo;
  }

  const RunReader& run_;
  std::vector<std::uint64_t> known_;
};

bool side_of(const RunReader& run, std::size_t most, const std::atomic<bool>& cancelled, Side& out) {
  const TraceIndex& index = run.index();
  Contents contents(run);
  std::vector<std::uint64_t> lanes;
  for (const Lane& lane : index.lanes().all()) lanes.push_back(text_hash(lane.name));
  std::vector<std::uint64_t> history(run.size(), 0);
  for (RecordId id = 0; id < run.size(); ++id) {
    if (id % 4096 == 0 && cancelled.load(std::memory_order_relaxed)) return false;
    const Record r = run.raw(id);
    Hash128 hash{static_cast<std::uint64_t>(r.kind), static_cast<std::uint64_t>(r.outcome)};
    hash = combine(combine(combine(hash, lanes[index.lane(id)]), contents.of(r.subject)), contents.of(r.key));
    // A verdict is its property, a fault its name; other places are in the lane.
    if (r.kind == RecordKind::violated) hash = combine(hash, text_hash(run.property(id)));
    if (r.kind == RecordKind::fault && r.place < run.reader().names().faults.size()) hash = combine(hash, text_hash(run.reader().names().faults[r.place].name));
    // An answer, an amount, an outcome, a reason. Faults of brokers speak of messages by their numbers there, which mean nothing to another run.
    if (r.kind != RecordKind::fault && !is_inner(r.kind)) hash = combine(hash, contents.of(r.detail));
    history[id] = combine(combine(hash, r.parent < id ? history[r.parent] : 0), r.other_parent < id ? history[r.other_parent] : 0).hi;
    if (is_inner(r.kind)) continue;
    if (out.events.size() == most) {
      out.whole = false;
      break;
    }
    out.events.push_back(id);
    out.own.push_back(hash.lo);
    out.history.push_back(history[id]);
  }
  out.partner.assign(out.events.size(), nobody);
  return true;
}

// Pairs the n-th event of a hash with the n-th one of the other side, among those that have no partner yet.
void pair_by(const std::vector<std::uint64_t>& keys_a, const std::vector<std::uint64_t>& keys_b, Side& a, Side& b) {
  struct Waiting {
    std::vector<std::uint32_t> events;
    std::size_t next = 0;
  };
  std::unordered_map<std::uint64_t, Waiting> waiting;  // only looked up, never walked
  for (std::uint32_t i = 0; i < keys_b.size(); ++i) {
    if (b.partner[i] == nobody) waiting[keys_b[i]].events.push_back(i);
  }
  for (std::uint32_t i = 0; i < keys_a.size(); ++i) {
    if (a.partner[i] != nobody) continue;
    const auto found = waiting.find(keys_a[i]);
    if (found == waiting.end() || found->second.next == found->second.events.size()) continue;
    const std::uint32_t other = found->second.events[found->second.next++];
    a.partner[i] = other;
    b.partner[other] = i;
  }
}

// Events of a whose partners come in their order too: a longest such sequence. True for those.
std::vector<bool> in_order(const Side& a) {
  std::vector<std::uint32_t> ends, before(a.events.size(), nobody), at_end;
  for (std::uint32_t i = 0; i < a.events.size(); ++i) {
    if (a.partner[i] == nobody) continue;
    const auto place = static_cast<std::size_t>(std::lower_bound(ends.begin(), ends.end(), a.partner[i]) - ends.begin());
    before[i] = place == 0 ? nobody : at_end[place - 1];
    if (place == ends.size()) {
      ends.push_back(a.partner[i]);
      at_end.push_back(i);
    } else {
      ends[place] = a.partner[i];
      at_end[place] = i;
    }
  }
  std::vector<bool> kept(a.events.size(), false);
  for (std::uint32_t i = at_end.empty() ? nobody : at_end.back(); i != nobody; i = before[i]) kept[i] = true;
  return kept;
}

class Rows {
 public:
  Rows(const RunReader& run_a, const RunReader& run_b, const Side& a, const Side& b, Comparison& out) : run_a_(run_a), run_b_(run_b), a_(a), b_(b), out_(out) {}

  void make() {
    const std::vector<bool> anchors = in_order(a_);
    std::size_t i = 0, j = 0;
    for (;;) {
      std::size_t next = i;
      while (next < a_.events.size() && !anchors[next]) ++next;
      const std::size_t other = next < a_.events.size() ? a_.partner[next] : b_.events.size();
      between(i, next, j, other);
      if (next == a_.events.size()) break;
      out_.rows.push_back({a_.events[next], b_.events[other]});
      ++out_.matched;
      i = next + 1;
      j = other + 1;
    }
    for (std::uint32_t row = 0; row < out_.rows.size(); ++row) {
      if (out_.rows[row].differs() && (row == 0 || !out_.rows[row - 1].differs())) out_.differences.push_back(row);
    }
    const std::size_t until = out_.differences.empty() ? out_.rows.size() : out_.differences.front();
    const auto equal = [](const AlignedRow& row) { return row.side == AlignedRow::Side::both; };
    out_.equal_before = static_cast<std::size_t>(std::count_if(out_.rows.begin(), out_.rows.begin() + static_cast<std::ptrdiff_t>(until), equal));
  }

 private:
  // What stands between two anchors, by position where both runs have the same kind of it, else first A, then B.
  void between(std::size_t i, std::size_t i_end, std::size_t j, std::size_t j_end) {
    const TraceIndex &a = run_a_.index(), &b = run_b_.index();
    const bool by_position = a.timed() && b.timed();
    while (i < i_end || j < j_end) {
      const bool first = j == j_end || (i < i_end && (!by_position || a.position(a_.events[i]) <= b.position(b_.events[j])));
      if (first) {
        const bool moved = a_.partner[i] != nobody;
        out_.rows.push_back({a_.events[i], moved ? b_.events[a_.partner[i]] : no_record, AlignedRow::Side::a});
        ++i;
        moved ? ++out_.moved : ++out_.only_a;
      } else {
        const bool moved = b_.partner[j] != nobody;
        out_.rows.push_back({moved ? a_.events[b_.partner[j]] : no_record, b_.events[j], AlignedRow::Side::b});
        ++j;
        if (!moved) ++out_.only_b;
      }
    }
  }

  const RunReader &run_a_, &run_b_;
  const Side &a_, &b_;
  Comparison& out_;
};

}  // namespace

int Comparison::difference_from(int row, int direction) const {
  const auto at = std::lower_bound(differences.begin(), differences.end(), static_cast<std::uint32_t>(std::max(row, 0)));
  if (direction > 0) return at == differences.end() ? -1 : static_cast<int>(*at);
  return at == differences.begin() ? -1 : static_cast<int>(*(at - 1));
}

int Comparison::row_of_a(RecordId record) const {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const AlignedRow& row) { return row.has_a() && row.a == record; });
  return found == rows.end() || record == no_record ? -1 : static_cast<int>(found - rows.begin());
}

int Comparison::row_of_b(RecordId record) const {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const AlignedRow& row) { return row.has_b() && row.b == record; });
  return found == rows.end() || record == no_record ? -1 : static_cast<int>(found - rows.begin());
}

std::shared_ptr<const Comparison> compare_runs(const RunReader& run_a, const RunReader& run_b, const std::atomic<bool>& cancelled, std::size_t most) {
  Side a, b;
  if (!side_of(run_a, most, cancelled, a) || !side_of(run_b, most, cancelled, b)) return nullptr;
  pair_by(a.history, b.history, a, b);
  pair_by(a.own, b.own, a, b);
  if (cancelled.load()) return nullptr;
  auto out = std::make_shared<Comparison>();
  out->whole = a.whole && b.whole;
  Rows(run_a, run_b, a, b, *out).make();
  return out;
}

}  // namespace flowtank::gui
