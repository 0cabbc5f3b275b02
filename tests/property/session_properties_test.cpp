// SPDX-License-Identifier: Apache-2.0
// What sessions see: the four guarantees, staleness in versions and in time, and its probability. Each is shown a
// right history, a wrong one, and one that says nothing, under both drivers where both can judge. The amounts of
// orders and payments play versions: orders is the source, payments a replica of it.
#include <sim/property/proportion.hpp>

#include "tests/property/small_shop.hpp"

namespace flowtank::testing {
namespace {

enum Step : std::uint32_t { placed = 0, shown = 1, looked = 2 };
constexpr std::uint32_t shoppers = 1;

// The shop with a client whose sessions a test plays by hand.
struct TalkingShop : Shop {
  TalkingShop() {
    Client client;
    client.name = "shoppers";
    client.count = 8;
    client.start = Duration(std::int64_t{1} << 60);  // never by itself
    for (const auto& [name, verb] : {std::pair{"placed", SessionVerb::send}, {"shown", SessionVerb::query}, {"looked", SessionVerb::read_row}}) {
      SessionStep step;
      step.name = name;
      step.verb = verb;
      step.targets = {{order_service, verb == SessionVerb::read_row ? static_cast<std::uint32_t>(payments) : none, none}};
      if (verb != SessionVerb::read_row) {
        step.message = tick;
        step.fields = {none};
      }
      client.script.push_back(step);
    }
    system.clients.push_back(client);
  }
};

SessionEvent event_of(History& h, std::uint32_t session, Step step, std::string_view key) {
  SessionEvent event;
  event.client = shoppers;
  event.session = session;
  event.step = step;
  event.key = h.word(key);
  if (step == looked) event.table = payments;
  return event;
}

void ask(History& h, std::uint32_t session, Step step, std::string_view key) {
  for (Observer* observer : h.world().observers()) observer->session_asks(h.world(), event_of(h, session, step, key));
  h.nothing_happens();
}

// Without a version: -1.
void told(History& h, std::uint32_t session, Step step, std::string_view key, std::int64_t version) {
  SessionEvent event = event_of(h, session, step, key);
  event.answer = Pool::of_null();
  if (version >= 0) event.version = Pool::of_int_small(version);
  for (Observer* observer : h.world().observers()) observer->session_told(h.world(), event);
  h.nothing_happens();
}

void over(History& h, std::uint32_t session) {
  for (Observer* observer : h.world().observers()) observer->session_over(h.world(), shoppers, session);
  h.nothing_happens();
}

void read(History& h, std::uint32_t session, std::string_view key, std::int64_t version) {
  ask(h, session, shown, key);
  told(h, session, shown, key, version);
}

PropertySpec property(PropertyKind kind) {
  PropertySpec spec;
  spec.name = "p";
  spec.kind = kind;
  if (kind == PropertyKind::monotonic_writes || kind == PropertyKind::writes_follow_reads) spec.places = {{payments, amount_column}};
  if (kind == PropertyKind::bounded_staleness || kind == PropertyKind::pbs) {
    spec.table = orders;
    spec.column = amount_column;
  }
  return spec;
}

}  // namespace

// ---- read your writes ------------------------------------------------------------------------------------

TEST_CASE("read_your_writes.holds_when_reads_are_as_new_as_own_writes") {
  TalkingShop shop;
  expect(shop, property(PropertyKind::read_your_writes), VerdictKind::pass, [](History& h) {
    read(h, 0, "o-1", 0);
    told(h, 0, placed, "o-1", 2);
    read(h, 0, "o-1", 2);
    read(h, 0, "o-1", 5);
    read(h, 0, "o-2", 0);  // another key
    read(h, 1, "o-1", 1);  // another session
  });
}

TEST_CASE("read_your_writes.finds_the_session_that_misses_its_write") {
  TalkingShop shop;
  expect_fail(shop, property(PropertyKind::read_your_writes), "o-1", "o-1: session 1 of shoppers wrote version 2 and was then shown version 1",
              [](History& h) {
                told(h, 0, placed, "o-1", 2);
                read(h, 0, "o-1", 1);
                read(h, 0, "o-1", 2);
              });
}

TEST_CASE("read_your_writes.the_newest_of_several_writes_counts") {
  TalkingShop shop;
  expect(shop, property(PropertyKind::read_your_writes), VerdictKind::fail, [](History& h) {
    told(h, 0, placed, "o-1", 3);
    told(h, 0, placed, "o-1", 2);
    read(h, 0, "o-1", 2);
  });
}

TEST_CASE("read_your_writes.is_vacuous_without_a_read_after_a_write") {
  TalkingShop shop;
  expect(shop, property(PropertyKind::read_your_writes), VerdictKind::vacuous, [](History& h) {
    read(h, 0, "o-1", 0);
    told(h, 0, placed, "o-1", 1);
    told(h, 1, placed, "o-1", -1);  // its answer names no version
    read(h, 1, "o-1", 0);
  });
}

TEST_CASE("read_your_writes.a_read_without_a_version_says_nothing") {
  TalkingShop shop;
  expect(shop, property(PropertyKind::read_your_writes), VerdictKind::inconclusive, [](History& h) {
    told(h, 0, placed, "o-1", 1);
    read(h, 0, "o-1", -1);
  });
}

TEST_CASE("read_your_writes.looks_only_at_the_reads_and_writes_named") {
  TalkingShop shop;
  PropertySpec only_looked = property(PropertyKind::read_your_writes);
  only_looked.reads = {{shoppers, looked}};
  expect(shop, only_looked, VerdictKind::vacuous, [](History& h) {
    told(h, 0, placed, "o-1", 2);
    read(h, 0, "o-1", 1);
  });
  PropertySpec of_another = property(PropertyKind::read_your_writes);
  of_another.client = 0;
  expect(shop, of_another, VerdictKind::vacuous, [](History& h) {
    told(h, 0, placed, "o-1", 2);
    read(h, 0, "o-1", 1);
  });
}

TEST_CASE("read_your_writes.a_session_that_is_over_leaves_nothing_in_the_state") {
  TalkingShop shop;
  History h(shop, Mode::explore, {property(PropertyKind::read_your_writes)});
  const uint128 before = h.world().fingerprint();
  told(h, 0, placed, "o-1", 2);
  CHECK(h.world().fingerprint() != before);
  over(h, 0);
  CHECK(h.world().fingerprint() == before);
}

// ---- monotonic reads -------------------------------------------------------------------------------------

TEST_CASE("monotonic_reads.holds_while_versions_grow") {
  TalkingShop shop;
  expect(shop, property(PropertyKind::monotonic_reads), VerdictKind::pass, [](History& h) {
    read(h, 0, "o-1", 1);
    read(h, 0, "o-1", 1);
    read(h, 0, "o-1", 3);
    read(h, 1, "o-1", 0);
    read(h, 0, "o-2", 0);
  });
}

TEST_CASE("monotonic_reads.finds_who_goes_back_in_time") {
  TalkingShop shop;
  expect_fail(shop, property(PropertyKind::monotonic_reads), "o-1", "o-1: session 3 of shoppers was shown version 2 and was then shown version 0",
              [](History& h) {
                read(h, 2, "o-1", 2);
                read(h, 2, "o-1", 0);
              });
}

TEST_CASE("monotonic_reads.is_vacuous_when_nobody_reads_twice") {
  TalkingShop shop;
  expect(shop, property(PropertyKind::monotonic_reads), VerdictKind::vacuous, [](History& h) {
    read(h, 0, "o-1", 2);
    read(h, 0, "o-2", 1);
    read(h, 1, "o-1", 0);
  });
}

TEST_CASE("monotonic_reads.counts_changes_of_a_row_that_names_no_version") {
  TalkingShop shop;
  PropertySpec spec = property(PropertyKind::monotonic_reads);
  spec.reads = {{shoppers, looked}};
  expect(shop, spec, VerdictKind::pass, [](History& h) {
    told(h, 0, looked, "o-1", -1);
    h.payment("o-1", "charged");
    told(h, 0, looked, "o-1", -1);
  });
}

// ---- monotonic writes ------------------------------------------------------------------------------------

TEST_CASE("monotonic_writes.holds_when_the_earlier_write_is_there_first") {
  TalkingShop shop;
  expect(shop, property(PropertyKind::monotonic_writes), VerdictKind::pass, [](History& h) {
    told(h, 0, placed, "o-1", 1);
    told(h, 0, placed, "o-2", 4);
    h.payment("o-1", "seen", 1);
    h.payment("o-2", "seen", 4);
    h.payment("o-1", "seen", 2);
  });
}

TEST_CASE("monotonic_writes.finds_a_place_that_shows_the_later_write_alone") {
  TalkingShop shop;
  expect_fail(shop, property(PropertyKind::monotonic_writes), "o-2",
              "o-2: session 1 of shoppers wrote o-1 version 1 before it wrote o-2 version 4; payment.payments shows the later one, "
              "and of the earlier one nothing",
              [](History& h) {
                told(h, 0, placed, "o-1", 1);
                told(h, 0, placed, "o-2", 4);
                h.payment("o-2", "seen", 4);
                h.payment("o-1", "seen", 1);
              });
}

TEST_CASE("monotonic_writes.sees_a_place_that_was_faster_than_the_answer") {
  TalkingShop shop;
  expect(shop, property(PropertyKind::monotonic_writes), VerdictKind::fail, [](History& h) {
    told(h, 0, placed, "o-1", 1);
    h.payment("o-2", "seen", 4);
    told(h, 0, placed, "o-2", 4);
  });
}

TEST_CASE("monotonic_writes.finds_an_earlier_write_that_undoes_a_later_one") {
  TalkingShop shop;
  expect_fail(shop, property(PropertyKind::monotonic_writes), "o-1",
              "o-1: session 1 of shoppers wrote o-1 version 1 before it wrote o-1 version 2; payment.payments had shown the later one "
              "and then went back to version 1",
              [](History& h) {
                told(h, 0, placed, "o-1", 1);
                told(h, 0, placed, "o-1", 2);
                h.payment("o-1", "seen", 2);
                h.payment("o-1", "seen", 1);
              });
}

TEST_CASE("monotonic_writes.finds_a_later_write_with_an_older_version") {
  TalkingShop shop;
  expect_fail(shop, property(PropertyKind::monotonic_writes), "o-1", "o-1: session 1 of shoppers wrote version 3 and its next write became version 2",
              [](History& h) {
                told(h, 0, placed, "o-1", 3);
                told(h, 0, placed, "o-1", 2);
              });
}

TEST_CASE("monotonic_writes.writes_of_different_sessions_have_no_order") {
  TalkingShop shop;
  expect(shop, property(PropertyKind::monotonic_writes), VerdictKind::vacuous, [](History& h) {
    told(h, 0, placed, "o-1", 1);
    told(h, 1, placed, "o-2", 4);
    h.payment("o-2", "seen", 4);
  });
}

// ---- writes follow reads ---------------------------------------------------------------------------------

TEST_CASE("writes_follow_reads.holds_when_what_was_read_is_there") {
  TalkingShop shop;
  expect(shop, property(PropertyKind::writes_follow_reads), VerdictKind::pass, [](History& h) {
    read(h, 0, "o-1", 2);
    told(h, 0, placed, "o-2", 1);
    h.payment("o-1", "seen", 3);
    h.payment("o-2", "seen", 1);
  });
}

TEST_CASE("writes_follow_reads.finds_an_answer_without_its_question") {
  TalkingShop shop;
  expect_fail(shop, property(PropertyKind::writes_follow_reads), "o-2",
              "o-2: session 1 of shoppers read o-1 version 2 before it wrote o-2 version 1; payment.payments shows the later one, "
              "and of the earlier one version 1",
              [](History& h) {
                read(h, 0, "o-1", 2);
                told(h, 0, placed, "o-2", 1);
                h.payment("o-1", "seen", 1);
                h.payment("o-2", "seen", 1);
              });
}

TEST_CASE("writes_follow_reads.a_write_before_the_read_is_free") {
  TalkingShop shop;
  expect(shop, property(PropertyKind::writes_follow_reads), VerdictKind::vacuous, [](History& h) {
    told(h, 0, placed, "o-2", 1);
    read(h, 0, "o-1", 2);
    h.payment("o-2", "seen", 1);
  });
}

// ---- bounded staleness -----------------------------------------------------------------------------------

TEST_CASE("bounded_staleness.counts_the_versions_that_were_there_when_the_read_began") {
  TalkingShop shop;
  PropertySpec spec = property(PropertyKind::bounded_staleness);
  spec.versions = 1;
  expect(shop, spec, VerdictKind::pass, [](History& h) {
    h.order("o-1", "a", 1);
    h.order("o-1", "b", 2);
    ask(h, 0, shown, "o-1");
    h.order("o-1", "c", 3);  // while the answer is on its way
    told(h, 0, shown, "o-1", 1);
  });
  expect(shop, spec, VerdictKind::fail, [](History& h) {
    h.order("o-1", "a", 1);
    h.order("o-1", "c", 3);
    read(h, 0, "o-1", 1);
  });
}

TEST_CASE("bounded_staleness.counts_changes_where_no_column_is_the_version") {
  TalkingShop shop;
  PropertySpec spec = property(PropertyKind::bounded_staleness);
  spec.column = none;
  spec.versions = 0;
  expect(shop, spec, VerdictKind::pass, [](History& h) {
    h.order("o-1", "a");
    h.order("o-1", "b");
    read(h, 0, "o-1", 2);
  });
  expect(shop, spec, VerdictKind::fail, [](History& h) {
    h.order("o-1", "a");
    h.order("o-1", "b");
    read(h, 0, "o-1", 1);
  });
}

TEST_CASE("bounded_staleness.is_vacuous_for_keys_that_the_source_does_not_have") {
  TalkingShop shop;
  PropertySpec spec = property(PropertyKind::bounded_staleness);
  spec.versions = 0;
  expect(shop, spec, VerdictKind::vacuous, [](History& h) {
    h.order("o-1", "a", 1);
    read(h, 0, "o-2", 0);
  });
}

TEST_CASE("bounded_staleness.in_time_is_measured_in_runs_and_refused_by_explorations") {
  TalkingShop shop;
  PropertySpec spec = property(PropertyKind::bounded_staleness);
  spec.within = Duration(5'000'000'000);
  const auto play = [](std::int64_t seconds) {
    return [seconds](History& h) {
      h.order("o-1", "a", 1);
      h.wait(10);
      h.order("o-1", "b", 2);
      h.wait(seconds);
      read(h, 0, "o-1", 1);
    };
  };
  for (const Mode mode : {Mode::timed, Mode::explore}) {
    for (const std::int64_t seconds : {5, 6}) {
      History history(shop, mode, {spec});
      play(seconds)(history);
      const Verdict verdict = history.verdict();
      INFO(verdict.note);
      if (mode == Mode::explore) CHECK(verdict.kind == VerdictKind::inconclusive);
      else CHECK(verdict.kind == (seconds == 5 ? VerdictKind::pass : VerdictKind::fail));
      if (verdict.kind == VerdictKind::pass) CHECK(verdict.note == "at most 1 version behind, 5000 ms old");
    }
  }
}

// ---- probability -----------------------------------------------------------------------------------------

TEST_CASE("pbs.passes_fails_or_has_seen_too_little") {
  TalkingShop shop;
  PropertySpec spec = property(PropertyKind::pbs);
  spec.versions = 0;
  spec.parts_per_million = 900'000;
  const auto verdict = [&](Mode mode, int fresh, int stale) {
    History h(shop, mode, {spec});
    h.order("o-1", "a", 1);
    for (int i = 0; i < fresh + stale; ++i) read(h, 0, "o-1", i < fresh ? 1 : 0);
    return h.verdict();
  };
  CHECK(verdict(Mode::timed, 100, 0).kind == VerdictKind::pass);
  CHECK(verdict(Mode::timed, 100, 0).note.starts_with("100.00 % of 100 reads were at most 0 versions behind (95 % sure: 96.30 % to 100.00 %)"));
  CHECK(verdict(Mode::timed, 80, 20).kind == VerdictKind::fail);
  CHECK(verdict(Mode::timed, 9, 1).kind == VerdictKind::inconclusive);
  CHECK(verdict(Mode::timed, 0, 0).kind == VerdictKind::vacuous);
  CHECK(verdict(Mode::explore, 100, 0).kind == VerdictKind::inconclusive);
}

// R. G. Newcombe 1998, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17,
// table I, method 3.
TEST_CASE("wilson.gives_the_published_intervals") {
  struct Published {
    std::uint64_t hits, trials;
    double low, high;
  };
  const double z = *normal_quantile(0.95);
  for (const Published& p : {Published{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}}) {
    const Interval interval = wilson_interval(p.hits, p.trials, z);
    INFO(p.hits << " of " << p.trials << ": " << interval.low << " to " << interval.high);
    CHECK(interval.low == Approx(p.low).margin(0.00005));
    CHECK(interval.high == Approx(p.high).margin(0.00005));
    const Interval mirrored = wilson_interval(p.trials - p.hits, p.trials, z);
    CHECK(mirrored.low == Approx(1 - p.high).margin(0.00005));
    CHECK(mirrored.high == Approx(1 - p.low).margin(0.00005));
  }
  CHECK(wilson_interval(0, 0, z).low == 0);
  CHECK(wilson_interval(0, 0, z).high == 1);
  CHECK_FALSE(normal_quantile(0.5));
}

}  // namespace flowtank::testing
