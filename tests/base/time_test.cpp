// SPDX-License-Identifier: Apache-2.0
// Time and Duration: exact where it matters, saturating at the ends, and their texts.
#include <catch2/catch.hpp>

#include <cmath>
#include <type_traits>

#include "sim/base/time.hpp"

using namespace flowtank;

// A point plus a point is a mistake the compiler finds.
template <class A, class B>
concept Addable = requires(A a, B b) {
  a + b;
};
static_assert(Addable<Time, Duration> && Addable<Duration, Time> && Addable<Duration, Duration>);
static_assert(!Addable<Time, Time> && !Addable<Time, int> && !std::is_convertible_v<int, Time>);
static_assert(sizeof(Time) == 8 && sizeof(Duration) == 8);
static_assert(Time::start() + 2_s - 500_ms == Time(1'500'000'000));

TEST_CASE("time.arithmetic_is_exact_in_range") {
  CHECK((Time(5) - Time(7)).nanoseconds() == -2);
  CHECK(ms(3) * 4 == us(12'000));
  CHECK(-ms(3) == ms(-3));
  CHECK(s(1) > ms(999));
  CHECK(Time(1) < Time::never());
  CHECK(ms(1500).seconds() == 1.5);
}

TEST_CASE("time.arithmetic_saturates_at_the_ends") {
  CHECK(Time::never() + ns(1) == Time::never());
  CHECK(Time::start() + Duration::infinite() == Time::never());
  CHECK(Duration::infinite() + Duration::infinite() == Duration::infinite());
  CHECK(-Duration(detail::kMinNs) == Duration::infinite());
  CHECK(Time(-2) - Duration::infinite() == Time(detail::kMinNs));
  CHECK(Duration(detail::kMinNs) - ns(1) == Duration(detail::kMinNs));
  CHECK(ns(3) - Duration(detail::kMinNs) == Duration::infinite());
  CHECK(s(detail::kMaxNs) == Duration::infinite());
  CHECK(s(-detail::kMaxNs) == Duration(detail::kMinNs));
  CHECK(s(20) * detail::kMaxNs == Duration::infinite());
}

TEST_CASE("time.checked_arithmetic_reports_overflow") {
  CHECK(checked_add(s(1), ms(1)) == ms(1001));
  CHECK_FALSE(checked_add(Duration::infinite(), ns(1)).has_value());
  CHECK(checked_add(Time(1), ns(-3)) == Time(-2));
  CHECK_FALSE(checked_add(Time::never(), ns(1)).has_value());
  CHECK(checked_multiply(ms(2), 3) == ms(6));
  CHECK_FALSE(checked_multiply(s(10), detail::kMaxNs / 2).has_value());
}

TEST_CASE("time.user_numbers_round_to_the_nearest_nanosecond_or_are_refused") {
  CHECK(checked_duration(1.5, ms(1)) == us(1500));
  CHECK(checked_duration(0.1, s(1)) == ms(100));
  CHECK(checked_duration(2.5, ns(1)) == ns(3));
  CHECK(checked_duration(-2.5, ns(1)) == ns(-3));
  CHECK(checked_duration(2.4999, ns(1)) == ns(2));
  CHECK(checked_duration(9e9, s(1)) == s(9'000'000'000));
  CHECK_FALSE(checked_duration(1e10, s(1)).has_value());
  CHECK_FALSE(checked_duration(-1e300, s(1)).has_value());
  CHECK_FALSE(checked_duration(std::nan(""), s(1)).has_value());
  CHECK_FALSE(checked_duration(HUGE_VAL, s(1)).has_value());
}

TEST_CASE("time.durations_print_without_loss") {
  CHECK(to_string(ms(4612)) == "4.612 s");
  CHECK(to_string(us(1500)) == "1.5 ms");
  CHECK(to_string(us(250)) == "250 us");
  CHECK(to_string(ns(17)) == "17 ns");
  CHECK(to_string(ms(-3)) == "-3 ms");
  CHECK(to_string(Duration::zero()) == "0 s");
  CHECK(to_string(ns(1'000'000'001)) == "1.000000001 s");
  CHECK(to_string(Duration::infinite()) == "infinite");
  CHECK(to_string(Duration(detail::kMinNs)) == "-9223372036.854775808 s");
}

TEST_CASE("time.points_print_as_seconds_since_the_start") {
  CHECK(to_string(Time::start()) == "0.000 s");
  CHECK(to_string(Time(4'612'000'000)) == "4.612 s");
  CHECK(to_string(Time(4'612'000'001)) == "4.612000001 s");
  CHECK(to_string(Time::never()) == "never");
  CHECK(format_seconds(Time(4'612'499'999), 3) == "4.612 s");
  CHECK(format_seconds(Time(4'612'500'000), 3) == "4.613 s");
  CHECK(format_seconds(Time(999'600'000), 0) == "1 s");
  CHECK(format_seconds(Time(-400'000), 3) == "0.000 s");
  CHECK(format_seconds(Time(1), 9) == "0.000000001 s");
}
