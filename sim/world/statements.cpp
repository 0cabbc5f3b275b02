// SPDX-License-Identifier: Apache-2.0
// See statements.hpp. A statement changes nothing visible: it adds to the transaction and to the locks;
// commit() writes the rows.
#include "sim/world/statements.hpp"

#include <algorithm>
#include <utility>

#include "sim/world/evaluation.hpp"
#include "sim/world/world.hpp"

namespace flowtank {
namespace {

void stored_columns(const Store& store, std::uint32_t table, Cell row, std::vector<Word>& columns) {
  columns.clear();
  if (!store.present(row)) return;
  columns.resize(store.table(table).columns.size());
  for (std::uint32_t c = 0; c < columns.size(); ++c) columns[c] = store.column(row, c);
}

// An absent or null column counts as 0; nothing when a summand is no integer or the sum overflows.
std::optional<Word> added(Pool& pool, Word was, Word by) {
  const Value a = pool.value(was), b = pool.value(by);
  const bool zero = a.kind == Kind::null || a.kind == Kind::absent;
  std::int64_t sum = 0;
  if (b.kind != Kind::int64 || (a.kind != Kind::int64 && !zero)) return std::nullopt;
  if (__builtin_add_overflow(zero ? 0 : a.i, b.i, &sum)) return std::nullopt;
  return pool.of_int(sum);
}

}  // namespace

bool Statements::visible(std::uint32_t table, Cell row) const {
  if (const auto* pending = transaction_.find(table, row)) return pending->present;
  if (const auto* old = transaction_.find_old(table, row)) return old->present;
  return world_.store().present(row);
}

void Statements::visible_columns(std::uint32_t table, Cell row, std::vector<Word>& out) const {
  const std::size_t count = world_.store().table(table).columns.size();
  for (const auto* r : {transaction_.find(table, row), transaction_.find_old(table, row)}) {
    if (r == nullptr) continue;
    out.clear();
    if (!r->present) return;
    const auto columns = transaction_.columns(*r, count);
    out.assign(columns.begin(), columns.end());
    return;
  }
  stored_columns(world_.store(), table, row, out);
}

bool Statements::changed_since_snapshot(std::uint32_t table, Cell row) const {
  return transaction_.isolation == Isolation::snapshot && transaction_.find_old(table, row) != nullptr;
}

Statements::Result Statements::abort(std::string why) {
  error = std::move(why);
  return Result::failed;
}

Statements::Result Statements::wait_for(std::uint64_t owner) {
  // Follow who waits for whom; coming back here is a circle, and the one who closes it gives up.
  std::uint64_t at = owner;
  for (std::uint32_t hops = 0; hops <= runs_.frame_count(); ++hops) {
    const auto other = static_cast<std::uint32_t>(at - 1);
    if (other == frame_) return abort("deadlock: transactions wait for each other in a circle");
    if (runs_.waiting_of(other) != Waiting::lock) break;
    at = world_.cells().get(runs_.cell(other, Runs::at_waiting)) >> 4;
  }
  runs_.lock_waits_ = true;
  runs_.set_waiting(world_, frame_, Waiting::lock, owner);
  return Result::waits;
}

Statements::Result Statements::lock_row(std::uint32_t table, Cell row) {
  const std::uint64_t owner = world_.store().lock_of(row);
  const std::uint64_t me = frame_ + 1;
  if (owner != 0 && owner != me) return wait_for(owner);
  if (changed_since_snapshot(table, row)) {
    return abort("could not serialize: " + world_.store().table(table).display +
                              " was changed by a transaction that committed since this one began");
  }
  if (owner == 0) world_.store().lock(row, me);
  return Result::done;
}

// A statement that did not write the row does not keep it locked.
void Statements::unlock_unwritten(std::uint32_t table, Cell row) {
  if (transaction_.find(table, row) == nullptr && world_.store().lock_of(row) == frame_ + 1) world_.store().lock(row, 0);
}

Statements::Result Statements::claim_unique(const InsertSpec* spec, std::uint32_t table, Cell row,
                                            const std::vector<Word>& columns) {
  const auto& unique = world_.store().table(table).unique;
  if (unique.empty()) return Result::done;
  std::vector<Cell> taken;
  Result result = Result::done;
  for (std::uint32_t which = 0; which < unique.size() && result == Result::done; ++which) {
    const Cell claim = world_.store().claim(table, which, columns);
    if (claim == 0) continue;
    const std::uint64_t owner = world_.store().lock_of(claim);
    if (owner != 0 && owner != frame_ + 1) {
      result = wait_for(owner);
    } else if (taken_by_other(table, claim, columns[0])) {
      result = spec != nullptr ? conflict(*spec, row)
                               : abort("unique columns of " + world_.store().table(table).display + " are taken");
      if (result == Result::done) result = Result::ignored;
    } else if (owner == 0) {
      world_.store().lock(claim, frame_ + 1);
      taken.push_back(claim);
    }
  }
  if (result != Result::done) {
    for (const Cell claim : taken) world_.store().lock(claim, 0);
  }
  return result;
}

bool Statements::taken_by_other(std::uint32_t table, Cell claim, Word key) const {
  const Word holder = world_.store().claim_owner(claim);
  if (holder == absent_word || holder == key) return false;
  const auto* pending = transaction_.find(table, world_.store().find(table, holder));
  return pending == nullptr || pending->present;
}

Statements::Result Statements::conflict(const InsertSpec& spec, Cell row) {
  switch (spec.on_conflict) {
    case OnConflict::ignore: return Result::done;
    case OnConflict::jump:
      runs_.abort_transaction(world_, frame_, "a row with this key exists already");
      target = spec.target;
      return Result::jumped;
    case OnConflict::update:
    case OnConflict::error: break;
  }
  const Word key = world_.cells().peek(row);
  return abort(world_.store().table(spec.table).display + " has a row " +
                            (key == absent_word ? std::string("with these unique values")
                                                : to_text(world_.pool().value(key))) + " already");
}

Statements::Result Statements::insert(const InsertSpec& spec) {
  std::vector<Word>& columns = runs_.new_columns_;
  columns.assign(spec.columns.size(), absent_word);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (spec.columns[c] == none) continue;
    const auto word = runs_.word(world_, frame_, spec.columns[c], error);
    if (!word) return Result::failed;
    columns[c] = *word;
  }
  // A statement that waits is executed again, and takes its value then.
  const std::uint32_t sequence = world_.store().table(spec.table).sequence;
  if (sequence == none) return insert_columns(spec, columns);
  columns[sequence] = world_.pool().of_int(static_cast<std::int64_t>(world_.store().given(spec.table, Store::Counter::sequence) + 1));
  const Result result = insert_columns(spec, columns);
  if (result != Result::waits) world_.store().give(spec.table, Store::Counter::sequence);
  return result;
}

Statements::Result Statements::insert_columns(const InsertSpec& spec, std::vector<Word>& columns) {
  if (columns[0] == absent_word || columns[0] == Pool::of_null()) {
    return abort("the key of a new row of " + world_.store().table(spec.table).display + " is null");
  }
  const Cell row = world_.store().row(spec.table, columns[0]);
  if (const Result locked = lock_row(spec.table, row); locked != Result::done) return locked;
  const bool exists = visible(spec.table, row);
  if (exists && spec.on_conflict != OnConflict::update) {
    unlock_unwritten(spec.table, row);
    return conflict(spec, row);
  }
  if (exists) {
    std::vector<Word>& before = runs_.old_columns_;
    visible_columns(spec.table, row, before);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (spec.columns[c] == none) columns[c] = before[c];
    }
  }
  if (const Result claimed = claim_unique(&spec, spec.table, row, columns); claimed != Result::done) {
    unlock_unwritten(spec.table, row);
    return claimed == Result::ignored ? Result::done : claimed;
  }
  write(spec.table, row, columns[0], columns);
  note_write(spec.table, columns[0], columns);
  return Result::done;
}

Statements::Result Statements::update(const UpdateSpec& spec) {
  const auto key = runs_.word(world_, frame_, spec.key, error);
  if (!key) return Result::failed;
  const Cell row = *key == absent_word ? 0 : world_.store().find(spec.table, *key);
  bool changes = row != 0;
  if (changes) {
    const std::uint64_t owner = world_.store().lock_of(row);
    // A row that is not there for us and not being written by anybody needs no lock.
    changes = visible(spec.table, row) || (owner != 0 && owner != frame_ + 1);
  }
  if (changes) {
    if (const Result locked = lock_row(spec.table, row); locked != Result::done) return locked;
    const Result written = update_locked(spec, row, *key, changes);
    if (!changes || written != Result::done) unlock_unwritten(spec.table, row);
    if (written != Result::done) return written;
  }
  if (spec.changed != none) {
    world_.cells().set(runs_.cell(frame_, Runs::at_local0 + spec.changed), Pool::of_int_small(changes ? 1 : 0));
  }
  return Result::done;
}

Statements::Result Statements::update_locked(const UpdateSpec& spec, Cell row, Word key, bool& changes) {
  changes = visible(spec.table, row);
  const Value old = row_handle(spec.table, row);
  if (changes && spec.guard != none) changes = runs_.holds(world_, frame_, spec.guard, error, old);
  if (!error.empty()) return Result::failed;
  if (!changes) return Result::done;
  std::vector<Word>& columns = runs_.new_columns_;
  std::vector<Word>& before = runs_.old_columns_;
  visible_columns(spec.table, row, columns);
  before = columns;
  for (const Assignment& set : spec.set) {
    const auto value = runs_.word(world_, frame_, set.value, error, old);
    if (!value) return Result::failed;
    if (!set.increment) {
      columns[set.column] = *value;
      continue;
    }
    const auto sum = added(world_.pool(), before[set.column], *value);
    if (!sum) return abort("cannot add to column " + world_.store().table(spec.table).columns[set.column].name);
    columns[set.column] = *sum;
  }
  if (const Result claimed = claim_unique(nullptr, spec.table, row, columns); claimed != Result::done) return claimed;
  write(spec.table, row, key, columns);
  note_write(spec.table, key, columns);
  return Result::done;
}

Statements::Result Statements::erase(const EraseSpec& spec) {
  const auto key = runs_.word(world_, frame_, spec.key, error);
  if (!key) return Result::failed;
  const Cell row = *key == absent_word ? 0 : world_.store().find(spec.table, *key);
  if (row == 0) return Result::done;
  if (!visible(spec.table, row) && world_.store().lock_of(row) == 0) return Result::done;
  if (const Result locked = lock_row(spec.table, row); locked != Result::done) return locked;
  if (!visible(spec.table, row)) return Result::done;
  transaction_.write(spec.table, row, *key, {});
  note_write(spec.table, *key, {});
  return Result::done;
}

// In the cells of an exploration a column without a value is null (Transaction::pack), so it is here, too: a transaction that
// is read from there and one that never left are the same.
void Statements::write(std::uint32_t table, Cell row, Word key, std::vector<Word>& columns) {
  if (world_.cells().tracking()) std::replace(columns.begin(), columns.end(), absent_word, Pool::of_null());
  transaction_.write(table, row, key, columns);
}

void Statements::note_write(std::uint32_t table, Word key, const std::vector<Word>& columns) {
  if (!world_.notes(RecordKind::row_write)) return;
  const Word detail = columns.empty() ? absent_word : row_word(world_, table, columns);
  Record& r = runs_.note(world_, frame_, RecordKind::row_write);
  r.place = table;
  r.key = key;
  r.detail = detail;
}

// Others that began under snapshot isolation keep what they may still read.
void Statements::keep_old_contents(std::uint32_t table, Cell row, Word key, const std::vector<Word>& before) {
  runs_.each_active([&](std::uint32_t other) {
    if (other == frame_) return;
    const std::uint64_t state = world_.cells().get(runs_.cell(other, Runs::at_transaction));
    if (state != 1 + static_cast<std::uint64_t>(Isolation::snapshot)) return;
    Transaction& theirs = runs_.transaction(world_, other);
    theirs.keep_old(table, row, key, before);
    runs_.save_transaction(other);
  });
}

// Rows of tables that number their commits get the next number here, as the last thing before they show.
void Statements::number_commits() {
  for (std::size_t i = 0; i < transaction_.writes().size(); ++i) {
    const Transaction::Row write = transaction_.writes()[i];
    const Table& table = world_.store().table(write.table);
    if (!write.present || table.commit_order == none) continue;
    world_.store().give(write.table, Store::Counter::commit_order);
    const auto before = transaction_.columns(write, table.columns.size());
    std::vector<Word> columns(before.begin(), before.end());
    columns[table.commit_order] =
        world_.pool().of_int(static_cast<std::int64_t>(world_.store().given(write.table, Store::Counter::commit_order)));
    transaction_.write(write.table, write.row, write.key, columns);
  }
}

void Statements::commit() {
  number_commits();
  RecordId commit_record = no_record;
  if (world_.tracing()) commit_record = runs_.note(world_, frame_, RecordKind::txn_commit).id;
  const bool watched = world_.tracing() || !world_.observers().empty();
  const bool kept = world_.faults().keeps_history(world_, runs_.service_of_frame(frame_));
  std::vector<Faults::Change> overwritten;
  std::vector<Word>& before = runs_.old_columns_;
  for (const Transaction::Row& write : transaction_.writes()) {
    Store& store = world_.store();
    before.clear();
    if (watched || kept || runs_.snapshots_open()) stored_columns(store, write.table, write.row, before);
    if (kept) overwritten.push_back({write.table, write.row, write.key, before});
    if (runs_.snapshots_open()) keep_old_contents(write.table, write.row, write.key, before);
    const auto columns = write.present ? transaction_.columns(write, store.table(write.table).columns.size())
                                       : std::span<const Word>{};
    if (write.present) store.put(write.table, write.row, columns);
    else store.erase(write.table, write.row);
    if (world_.tracing()) {
      Record& r = runs_.note(world_, frame_, RecordKind::row_changed);
      r.parent = commit_record;
      r.place = write.table;
      r.key = write.key;
      r.before = before.empty() ? absent_word : row_word(world_, write.table, before);
      r.detail = write.present ? row_word(world_, write.table, columns) : absent_word;
      r.other_parent = world_.last_record_of(world_.row_identity(write.table, write.key));
      world_.set_last_record_of(world_.row_identity(write.table, write.key), r.id);
    }
    world_.row_changed(write.table, write.key, before, columns);
  }
  if (!overwritten.empty()) world_.faults().committed(world_, runs_.service_of_frame(frame_), std::move(overwritten));
  release(world_, runs_, frame_, transaction_);
  if (commit_record != no_record) runs_.set_cause(frame_, commit_record);
  transaction_.clear();
  runs_.end_transaction(frame_);
  world_.tell(Interest::transactions, [&](Observer& o) { o.transaction_ended(world_, runs_.actor(frame_), true); });
}

void Statements::release(World& world, Runs& runs, std::uint32_t frame, const Transaction& transaction) {
  Store& store = world.store();
  const std::uint64_t me = frame + 1;
  for (const Transaction::Row& write : transaction.writes()) {
    if (store.lock_of(write.row) == me) store.lock(write.row, 0);
    const Table& table = store.table(write.table);
    if (!write.present || table.unique.empty()) continue;
    const auto columns = transaction.columns(write, table.columns.size());
    for (std::uint32_t which = 0; which < table.unique.size(); ++which) {
      const Cell claim = store.claim(write.table, which, columns);
      if (claim != 0 && store.lock_of(claim) == me) store.lock(claim, 0);
    }
  }
  runs.wake_waiters(world, frame);
}

}  // namespace flowtank
