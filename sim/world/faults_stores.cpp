// SPDX-License-Identifier: Apache-2.0
// Faults of databases and clocks: what a replica that is behind shows, what a failover loses, when writes are refused,
// what a wrong clock shows. A history of commits (what each overwrote) is kept only while a fault may still need it:
// under exploration as one word of the state, in a timed run beside it.
#include <algorithm>

#include "sim/world/evaluation.hpp"
#include "sim/world/faults.hpp"
#include "sim/world/world.hpp"

namespace flowtank {

bool Faults::is_read_only(std::uint32_t service) const {
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    if (system_.faults[f].kind == FaultKind::read_only && selects_service(f, service, none) && open(f)) return true;
  }
  return false;
}

bool Faults::wants_history(const World&, std::uint32_t service) const {
  if (history_depth_[service] == 0) return false;
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    const FaultKind kind = system_.faults[f].kind;
    const bool wants = kind == FaultKind::stale_read || kind == FaultKind::lost_tail;
    if (wants && selects_service(f, service, none) && cells_.get(budgets_[f]) != 0) return true;
  }
  return false;
}

void Faults::committed(World& world, std::uint32_t service, std::vector<Change> changes) {
  if (world.timed()) {
    auto& commits = history_[service];
    commits.push_back({world.now(), std::move(changes)});
    if (commits.size() > history_depth_[service]) commits.pop_front();
    return;
  }
  std::vector<Commit> commits = unpack_history(world, service);
  commits.push_back({{}, std::move(changes)});
  if (commits.size() > history_depth_[service]) commits.erase(commits.begin());
  cells_.set(history_cells_[service], pack_history(world, commits));
}

std::uint32_t Faults::commits_kept(const World& world, std::uint32_t service) const {
  if (history_depth_.empty()) return 0;
  if (world.timed()) return static_cast<std::uint32_t>(history_[service].size());
  const Word word = cells_.get(history_cells_[service]);
  return word == absent_word ? 0 : static_cast<std::uint32_t>(world.pool().value(word).items().size());
}

Word Faults::pack_history(World& world, const std::vector<Commit>& commits) const {
  Pool& pool = world.pool();
  std::vector<Word> all;
  for (const Commit& commit : commits) {
    std::vector<Word> changes;
    for (const Change& change : commit.changes) {
      std::vector<Word> before;
      for (const Word word : change.before) before.push_back(word == absent_word ? Pool::of_null() : word);
      const Word fields[] = {Pool::of_int_small(change.table), change.key,
                             change.before.empty() ? Pool::of_null() : pool.intern_list(before)};
      changes.push_back(pool.intern_list(fields));
    }
    all.push_back(pool.intern_list(changes));
  }
  return all.empty() ? absent_word : pool.intern_list(all);
}

std::vector<Faults::Commit> Faults::unpack_history(const World& world, std::uint32_t service) const {
  std::vector<Commit> commits;
  const Word word = cells_.get(history_cells_[service]);
  if (word == absent_word) return commits;
  const Pool& pool = world.pool();
  for (const Value& packed : pool.value(word).items()) {
    Commit commit;
    for (const Value& fields : packed.items()) {
      Change change;
      change.table = static_cast<std::uint32_t>(fields.items()[0].i);
      change.key = pool.find(fields.items()[1]);
      change.row = world.store().find(change.table, change.key);
      if (fields.items()[2].kind == Kind::list) {
        for (const Value& column : fields.items()[2].items()) change.before.push_back(pool.find(column));
      }
      commit.changes.push_back(std::move(change));
    }
    commits.push_back(std::move(commit));
  }
  return commits;
}

Transaction Faults::as_of(World& world, std::uint32_t service, std::uint32_t back) const {
  Transaction old;
  const auto keep = [&](const auto& commits) {
    const std::size_t n = commits.size();
    // The oldest of what was overwritten since then is what was there then.
    for (std::size_t i = n - std::min<std::size_t>(back, n); i < n; ++i) {
      for (const Change& change : commits[i].changes) old.keep_old(change.table, change.row, change.key, change.before);
    }
  };
  if (world.timed()) keep(history_[service]);
  else keep(unpack_history(world, service));
  return old;
}

// Exploration: what no fault can need any more is no part of the state.
void Faults::forget_history(World& world) {
  if (world.timed()) return;
  for (std::uint32_t s = 0; s < history_cells_.size(); ++s) {
    if (!wants_history(world, s)) cells_.set(history_cells_[s], absent_word);
  }
}

void Faults::strike_tail(World& world, std::uint32_t service, std::uint32_t commits, RecordId record) {
  Runs& runs = world.runs();
  if (record != no_record) world.last_noted().service = static_cast<std::uint16_t>(service);
  // Connections break first: open transactions are gone, and what waited for them.
  std::vector<std::uint32_t> open;
  runs.each_active([&](std::uint32_t frame) {
    if (runs.service_of_frame(frame) == service && runs.in_transaction(frame)) open.push_back(frame);
  });
  for (const std::uint32_t frame : open) {
    if (runs.active(frame) && runs.in_transaction(frame)) runs.raise(world, frame, "the database failed over", false);
  }
  std::vector<Commit> history = world.timed() ? std::vector<Commit>(history_[service].begin(), history_[service].end()) : unpack_history(world, service);
  for (; commits != 0 && !history.empty(); --commits) {
    const Commit commit = std::move(history.back());
    history.pop_back();
    for (auto change = commit.changes.rbegin(); change != commit.changes.rend(); ++change) {
      world.put_row_back(change->table, change->row, change->key, change->before, record);
    }
  }
  if (world.timed()) history_[service].assign(history.begin(), history.end());
  else cells_.set(history_cells_[service], pack_history(world, history));
}

Duration Faults::clock_error(const World& world, std::uint32_t instance) const {
  Duration error;
  const std::uint32_t service = world.runs().service_of_instance(instance), number = world.runs().number_of_instance(instance);
  for (std::uint32_t f = 0; f < system_.faults.size(); ++f) {
    const Fault& fault = system_.faults[f];
    if (fault.kind != FaultKind::clock || !selects_service(f, service, number) || !open(f)) continue;
    constexpr std::int64_t million = 1'000'000;
    const std::int64_t since = (world.now() - fault.when.from).nanoseconds();
    error += fault.with.offset + Duration(since / million * fault.with.drift_ppm + since % million * fault.with.drift_ppm / million);
  }
  return error;
}

}  // namespace flowtank
