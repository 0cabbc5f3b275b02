// SPDX-License-Identifier: Apache-2.0
// Virtual time in integer nanoseconds: a Time is a point since the start of the simulation, a
// Duration the distance between two points. They are types of their own, so that a point is never
// added to a point, and integers, so that order and equality are the same on every machine.
//
// Arithmetic never wraps. The operators saturate at the ends of the range (about 292 years), where
// Time::never() and Duration::infinite() live; use the checked_* functions where a user's number
// comes in and too large deserves a diagnostic.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace flowtank {

namespace detail {

inline constexpr std::int64_t kMaxNs = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t kMinNs = std::numeric_limits<std::int64_t>::min();

constexpr std::optional<std::int64_t> checked_add(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

constexpr std::int64_t saturating_add(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) [[unlikely]]
    return b < 0 ? kMinNs : kMaxNs;
  return sum;
}

constexpr std::int64_t saturating_subtract(std::int64_t a, std::int64_t b) {
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(a, b, &difference)) [[unlikely]]
    return b < 0 ? kMaxNs : kMinNs;
  return difference;
}

constexpr std::int64_t saturating_multiply(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) [[unlikely]]
    return (a < 0) == (b < 0) ? kMaxNs : kMinNs;
  return product;
}

}  // namespace detail

// A signed distance in time, in nanoseconds. Operators saturate.
class Duration {
 public:
  constexpr Duration() = default;
  explicit constexpr Duration(std::int64_t nanoseconds) : ns_(nanoseconds) {}

  static constexpr Duration zero() { return Duration(); }
  static constexpr Duration infinite() { return Duration(detail::kMaxNs); }

  constexpr std::int64_t nanoseconds() const { return ns_; }
  // For reports only: order and equality are decided on nanoseconds().
  constexpr double seconds() const { return static_cast<double>(ns_) / 1e9; }

  friend constexpr auto operator<=>(Duration, Duration) = default;
  constexpr Duration operator-() const { return Duration(detail::saturating_subtract(0, ns_)); }
  friend constexpr Duration operator+(Duration a, Duration b) {
    return Duration(detail::saturating_add(a.ns_, b.ns_));
  }
  friend constexpr Duration operator-(Duration a, Duration b) {
    return Duration(detail::saturating_subtract(a.ns_, b.ns_));
  }
  friend constexpr Duration operator*(Duration a, std::int64_t factor) {
    return Duration(detail::saturating_multiply(a.ns_, factor));
  }
  friend constexpr Duration operator*(std::int64_t factor, Duration a) { return a * factor; }
  constexpr Duration& operator+=(Duration other) { return *this = *this + other; }
  constexpr Duration& operator-=(Duration other) { return *this = *this - other; }

 private:
  std::int64_t ns_ = 0;
};

// A point in virtual time, in nanoseconds since the start of the simulation. Operators saturate.
class Time {
 public:
  constexpr Time() = default;
  explicit constexpr Time(std::int64_t nanoseconds_since_start) : ns_(nanoseconds_since_start) {}

  static constexpr Time start() { return Time(); }
  // Later than every time at which something happens.
  static constexpr Time never() { return Time(detail::kMaxNs); }

  constexpr std::int64_t nanoseconds() const { return ns_; }
  // For reports only: order and equality are decided on nanoseconds().
  constexpr double seconds() const { return static_cast<double>(ns_) / 1e9; }
  constexpr Duration since_start() const { return Duration(ns_); }

  friend constexpr auto operator<=>(Time, Time) = default;
  friend constexpr Time operator+(Time t, Duration d) {
    return Time(detail::saturating_add(t.ns_, d.nanoseconds()));
  }
  friend constexpr Time operator+(Duration d, Time t) { return t + d; }
  friend constexpr Time operator-(Time t, Duration d) {
    return Time(detail::saturating_subtract(t.ns_, d.nanoseconds()));
  }
  friend constexpr Duration operator-(Time a, Time b) {
    return Duration(detail::saturating_subtract(a.ns_, b.ns_));
  }
  constexpr Time& operator+=(Duration d) { return *this = *this + d; }

 private:
  std::int64_t ns_ = 0;
};

// Factories; they saturate. `s(2)` is two seconds.
constexpr Duration ns(std::int64_t n) { return Duration(n); }
constexpr Duration us(std::int64_t n) { return Duration(detail::saturating_multiply(n, 1'000)); }
constexpr Duration ms(std::int64_t n) {
  return Duration(detail::saturating_multiply(n, 1'000'000));
}
constexpr Duration s(std::int64_t n) {
  return Duration(detail::saturating_multiply(n, 1'000'000'000));
}

// The exact result, or nothing when it is outside the range of 64-bit nanoseconds.
constexpr std::optional<Duration> checked_add(Duration a, Duration b) {
  const auto sum = detail::checked_add(a.nanoseconds(), b.nanoseconds());
  return sum ? std::optional(Duration(*sum)) : std::nullopt;
}

constexpr std::optional<Time> checked_add(Time t, Duration d) {
  const auto sum = detail::checked_add(t.nanoseconds(), d.nanoseconds());
  return sum ? std::optional(Time(*sum)) : std::nullopt;
}

constexpr std::optional<Duration> checked_multiply(Duration d, std::int64_t factor) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(d.nanoseconds(), factor, &product)) return std::nullopt;
  return Duration(product);
}

// `count` units (for example 1.5 of ms(1)), rounded to the nearest nanosecond, halves away from
// zero. Nothing when `count` is not finite or the result is out of range. IEEE multiplication only,
// so the same on every machine.
constexpr std::optional<Duration> checked_duration(double count, Duration unit) {
  const double exact = count * static_cast<double>(unit.nanoseconds());
  if (!(exact > -0x1p63 && exact < 0x1p63)) return std::nullopt;  // also when NaN
  auto whole = static_cast<std::int64_t>(exact);                  // towards zero
  const double rest =
      exact - static_cast<double>(whole);  // exact: both have the same exponent range
  if (rest >= 0.5) whole = detail::saturating_add(whole, 1);
  if (rest <= -0.5) whole = detail::saturating_add(whole, -1);
  return Duration(whole);
}

// Lossless, with the largest unit that keeps a digit before the point: "0 s", "4.612 s", "1.5 ms",
// "250 us", "17 ns", "-3 ms"; "infinite" for Duration::infinite().
std::string to_string(Duration d);
// Seconds since the start, at least three decimals and more only where needed: "0.000 s", "4.612
// s", "4.612000001 s"; "never" for Time::never().
std::string to_string(Time t);
// Seconds rounded half up to `decimals` (0 to 9) places: format_seconds(Time(4'612'400'000), 3) is
// "4.612 s".
std::string format_seconds(Time t, int decimals);

inline namespace time_literals {

consteval Duration operator""_ns(unsigned long long n) { return ns(static_cast<std::int64_t>(n)); }
consteval Duration operator""_us(unsigned long long n) { return us(static_cast<std::int64_t>(n)); }
consteval Duration operator""_ms(unsigned long long n) { return ms(static_cast<std::int64_t>(n)); }
consteval Duration operator""_s(unsigned long long n) { return s(static_cast<std::int64_t>(n)); }

}  // namespace time_literals

}  // namespace flowtank
