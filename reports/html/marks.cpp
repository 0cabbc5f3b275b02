// SPDX-License-Identifier: Apache-2.0
// Drawings on a grid of 16 units with strokes of 1.5: they take the colour of the text around them, but for verdicts, which are
// filled shapes. Everything here is a text of ours; nothing of a scenario comes in.
#include "reports/html/marks.hpp"

namespace flowtank::reports::html {
namespace {

constexpr std::string_view drawings = R"svg(
<svg class="symbols" width="0" height="0" aria-hidden="true"><defs>
<symbol id="i-pass" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" class="s-pass"></circle><path d="M4.6 8.3l2.3 2.3 4.5-4.9" class="s-cut"></path></symbol>
<symbol id="i-fail" viewBox="0 0 16 16"><path d="M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1z" class="s-fail"></path><path d="M5.3 5.3l5.4 5.4m0-5.4l-5.4 5.4" class="s-cut"></path></symbol>
<symbol id="i-unsure" viewBox="0 0 16 16"><path d="M8 .6L15.4 8 8 15.4.6 8z" class="s-unsure"></path><path d="M6.2 6.4c0-2.5 3.7-2.3 3.6-.2-.1 1.2-1.7 1.4-1.7 2.7M8.1 11.4v.4" class="s-dark"></path></symbol>
<symbol id="i-vacuous" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.3" class="s-ring"></circle><path d="M4 12l8-8" class="s-line"></path></symbol>
<symbol id="i-duplicate" viewBox="0 0 16 16"><rect x="1.5" y="1.5" width="8" height="8" rx="1" class="s-line"></rect><rect x="6" y="6" width="8.5" height="8.5" rx="1" class="s-solid"></rect></symbol>
<symbol id="i-delay" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.3" class="s-line"></circle><path d="M8 4.2V8l2.7 1.8" class="s-line"></path></symbol>
<symbol id="i-loss" viewBox="0 0 16 16"><rect x="1.2" y="3.2" width="13.6" height="9.6" rx="1" class="s-dash"></rect><path d="M5.6 5.6l4.8 4.8m0-4.8l-4.8 4.8" class="s-line"></path></symbol>
<symbol id="i-crash" viewBox="0 0 16 16"><rect x="2.5" y="2.5" width="11" height="11" rx="2" class="s-line"></rect><path d="M1 15L15 1" class="s-line"></path></symbol>
<symbol id="i-partition" viewBox="0 0 16 16"><rect x="1" y="5" width="4.4" height="6" class="s-line"></rect><rect x="10.6" y="5" width="4.4" height="6" class="s-line"></rect><path d="M8 1.5L6.9 5l2.2 2.6-2.2 3L8 14.5" class="s-line"></path></symbol>
<symbol id="i-reorder" viewBox="0 0 16 16"><path d="M1.5 4h3L11 12h3.5M1.5 12h3L11 4h3.5M12.2 1.8L14.6 4l-2.4 2.2M12.2 9.8l2.4 2.2-2.4 2.2" class="s-line"></path></symbol>
<symbol id="i-outage" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.3" class="s-line"></circle><path d="M4.4 8h7.2" class="s-line"></path></symbol>
<symbol id="i-error" viewBox="0 0 16 16"><path d="M8 1.8L15 14H1z" class="s-line"></path><path d="M8 6.2v3.6M8 11.6v.5" class="s-line"></path></symbol>
<symbol id="i-fault" viewBox="0 0 16 16"><path d="M9.5 1L3.5 9H8l-1.5 6 6-8H8z" class="s-line"></path></symbol>
<symbol id="i-all" viewBox="0 0 16 16"><path d="M8 2l6 3-6 3-6-3zM2 8l6 3 6-3M2 11l6 3 6-3" class="s-line"></path></symbol>
<symbol id="i-none" viewBox="0 0 16 16"><path d="M3 8h10" class="s-line"></path></symbol>
<pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="7" height="7" class="h-base"></rect><rect width="2" height="7" class="h-line"></rect></pattern>
</defs></svg>)svg";

}  // namespace

std::string symbols() { return std::string(drawings); }

void icon(Markup& to, std::string_view name) {
  to.open("svg", {{"class", "i"}, {"width", "16"}, {"height", "16"}, {"aria-hidden", "true"}});
  to.open("use", {{"href", "#i-" + std::string(name)}});
  to.close();
  to.close();
}

std::string_view class_name(VerdictKind kind) {
  switch (kind) {
    case VerdictKind::pass: return "pass";
    case VerdictKind::fail: return "fail";
    case VerdictKind::inconclusive: return "unsure";
    case VerdictKind::vacuous: break;
  }
  return "vacuous";
}

std::string_view icon_name(VerdictKind kind) { return class_name(kind); }

std::string_view icon_name(FaultKind kind) {
  switch (kind) {
    case FaultKind::duplicate:
    case FaultKind::timer_twice:
    case FaultKind::rewind:
    case FaultKind::zombie: return "duplicate";
    case FaultKind::delay:
    case FaultKind::publish_delay:
    case FaultKind::throttle:
    case FaultKind::pause:
    case FaultKind::slow:
    case FaultKind::timer_early:
    case FaultKind::timer_late:
    case FaultKind::ack_deadline:
    case FaultKind::expiry:
    case FaultKind::late_transaction_end:
    case FaultKind::clock: return "delay";
    case FaultKind::loss:
    case FaultKind::unroutable:
    case FaultKind::queue_limit:
    case FaultKind::ambiguous_publish:
    case FaultKind::publish_loss:
    case FaultKind::call_loss:
    case FaultKind::call_no_answer:
    case FaultKind::ambiguous_commit:
    case FaultKind::compaction:
    case FaultKind::lost_tail: return "loss";
    case FaultKind::crash:
    case FaultKind::power_loss:
    case FaultKind::failover: return "crash";
    case FaultKind::partition: return "partition";
    case FaultKind::reorder:
    case FaultKind::wrong_key:
    case FaultKind::repartition:
    case FaultKind::rebalance: return "reorder";
    case FaultKind::outage:
    case FaultKind::read_only: return "outage";
    case FaultKind::handler_error:
    case FaultKind::poison:
    case FaultKind::abort: return "error";
    case FaultKind::stale_read: break;
  }
  return "fault";
}

void verdict_mark(Markup& to, VerdictKind kind, std::string_view word) {
  to.open("span", {{"class", "verdict " + std::string(class_name(kind))}});
  icon(to, icon_name(kind));
  to.text(" ");
  to.text(word.empty() ? to_text(kind) : word);
  to.close();
}

void strength_mark(Markup& to, Strength strength, std::string_view more) {
  const std::string_view word = to_text(strength);
  if (word.empty()) return;
  const int filled = strength == Strength::proved ? 3 : strength == Strength::tested ? 2 : 1;
  to.open("span", {{"class", "strength"}});
  to.open("svg", {{"class", "bars"}, {"width", "20"}, {"height", "10"}, {"aria-hidden", "true"}});
  for (int i = 0; i < 3; ++i) {
    to.open("rect", {{"class", i < filled ? "bar full" : "bar"}, {"x", std::to_string(i * 7) + ".5"}, {"y", ".5"}, {"width", "5"}, {"height", "9"}});
    to.close();
  }
  to.close();
  to.text(" " + std::string(word));
  if (!more.empty()) to.text(" " + std::string(more));
  to.close();
}

}  // namespace flowtank::reports::html
