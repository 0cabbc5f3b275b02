// SPDX-License-Identifier: Apache-2.0
// See comparison.hpp. Each event has two hashes: of itself (kind, place, message, key, what it found or did),
// and of itself with all its causes. What both runs begin with alike is paired as it is read; then equal histories are, then equal
// events; pairs that would cross become moved ones.
#include "gui/session/comparison.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

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

// The drawn events of a run, one after the other, with their hashes. Holds one hash a record.
class Events {
 public:
  struct Event {
    RecordId id = no_record;
    std::uint64_t own = 0, history = 0;
  };

  explicit Events(const RunReader& run) : run_(run), contents_(run), history_(run.size(), 0) {
    for (const Lane& lane : run.index().lanes().all()) lanes_.push_back(text_hash(lane.name));
    go_on();
  }

  bool at_end() const { return now_.id == no_record; }
  const Event& now() const { return now_; }
  void go_on() {
    now_ = Event{};
    for (; next_ < run_.size() && at_end(); ++next_) read(next_);
  }

 private:
  void read(RecordId id) {
    const Record r = run_.raw(id);
    Hash128 hash{static_cast<std::uint64_t>(r.kind), static_cast<std::uint64_t>(r.outcome)};
    hash = combine(combine(combine(hash, lanes_[run_.index().lane(id)]), contents_.of(r.subject)), contents_.of(r.key));
    // A verdict is its property, a fault its name; other places are in the lane.
    if (r.kind == RecordKind::violated) hash = combine(hash, text_hash(run_.property(id)));
    if (r.kind == RecordKind::fault && r.place < run_.reader().names().faults.size()) hash = combine(hash, text_hash(run_.reader().names().faults[r.place].name));
    // An answer, an amount, an outcome, a reason. Faults of brokers speak of messages by their numbers there, which mean nothing to another run.
    if (r.kind != RecordKind::fault && !is_inner(r.kind)) hash = combine(hash, contents_.of(r.detail));
    history_[id] = combine(combine(hash, r.parent < id ? history_[r.parent] : 0), r.other_parent < id ? history_[r.other_parent] : 0).hi;
    if (!is_inner(r.kind)) now_ = {id, hash.lo, history_[id]};
  }

  const RunReader& run_;
  Contents contents_;
  std::vector<std::uint64_t> lanes_, history_;
  RecordId next_ = 0;
  Event now_;
};

constexpr std::size_t asks_every = 4096;  // events between two looks at the flag

// What both do in the same order from the beginning needs no looking for, however long it is. False when cancelled.
bool same_beginning(Events& a, Events& b, const std::atomic<bool>& cancelled, Comparison& out) {
  while (!a.at_end() && !b.at_end() && a.now().history == b.now().history) {
    if (out.matched % asks_every == 0 && cancelled.load(std::memory_order_relaxed)) return false;
    out.rows.push_back({a.now().id, b.now().id});
    ++out.matched;
    a.go_on();
    b.go_on();
  }
  return true;
}

bool side_of(Events& from, std::size_t most, const std::atomic<bool>& cancelled, Side& out) {
  for (; !from.at_end() && out.events.size() < most; from.go_on()) {
    if (out.events.size() % asks_every == 0 && cancelled.load(std::memory_order_relaxed)) return false;
    out.events.push_back(from.now().id);
    out.own.push_back(from.now().own);
    out.history.push_back(from.now().history);
  }
  out.whole = from.at_end();
  out.partner.assign(out.events.size(), nobody);
  return true;
}

// Pairs the n-th event of a hash with the n-th one of the other side, among those that have no partner yet.
void pair_by(const std::vector<std::uint64_t>& keys_a, const std::vector<std::uint64_t>& keys_b, Side& a, Side& b) {
  using Keyed = std::pair<std::uint64_t, std::uint32_t>;
  const auto alone = [](const std::vector<std::uint64_t>& keys, const Side& side) {
    std::vector<Keyed> out;
    for (std::uint32_t i = 0; i < keys.size(); ++i) {
      if (side.partner[i] == nobody) out.emplace_back(keys[i], i);
    }
    std::sort(out.begin(), out.end());
    return out;
  };
  const std::vector<Keyed> ours = alone(keys_a, a), theirs = alone(keys_b, b);
  for (std::size_t i = 0, j = 0; i < ours.size() && j < theirs.size();) {
    if (ours[i].first != theirs[j].first) {
      ours[i].first < theirs[j].first ? ++i : ++j;
      continue;
    }
    a.partner[ours[i].second] = theirs[j].second;
    b.partner[theirs[j].second] = ours[i].second;
    ++i;
    ++j;
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

void Comparison::find_places() {
  for (std::uint32_t row = 0; row < rows.size(); ++row) {
    if (rows[row].has_a()) with_a.push_back(row);
    if (rows[row].has_b()) with_b.push_back(row);
  }
}

int Comparison::row_of_a(RecordId record) const {
  const auto found = std::lower_bound(with_a.begin(), with_a.end(), record, [this](std::uint32_t row, RecordId id) { return rows[row].a < id; });
  return found == with_a.end() || record == no_record || rows[*found].a != record ? -1 : static_cast<int>(*found);
}

int Comparison::row_of_b(RecordId record) const {
  const auto found = std::lower_bound(with_b.begin(), with_b.end(), record, [this](std::uint32_t row, RecordId id) { return rows[row].b < id; });
  return found == with_b.end() || record == no_record || rows[*found].b != record ? -1 : static_cast<int>(*found);
}

std::shared_ptr<const Comparison> compare_runs(const RunReader& run_a, const RunReader& run_b, const std::atomic<bool>& cancelled, std::size_t most) {
  auto out = std::make_shared<Comparison>();
  Side a, b;
  {
    Events from_a(run_a), from_b(run_b);
    if (!same_beginning(from_a, from_b, cancelled, *out)) return nullptr;
    if (!side_of(from_a, most, cancelled, a) || !side_of(from_b, most, cancelled, b)) return nullptr;
  }
  pair_by(a.history, b.history, a, b);
  if (cancelled.load()) return nullptr;
  pair_by(a.own, b.own, a, b);
  if (cancelled.load()) return nullptr;
  out->whole = a.whole && b.whole;
  Rows(run_a, run_b, a, b, *out).make();
  out->find_places();
  return out;
}

}  // namespace flowtank::gui
