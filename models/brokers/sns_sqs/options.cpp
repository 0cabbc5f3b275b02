// SPDX-License-Identifier: Apache-2.0
// See options.hpp: types, ranges and choices of attributes, and the combinations that SQS and SNS refuse. All complaints of
// one reading come at once, each with the characters that are wrong.
#include "models/brokers/sns_sqs/options.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace flowtank::sns_sqs {
namespace {

constexpr std::int64_t ppm = 1'000'000;

using product_options::whole_of;

// A number from 0 to 1 in millionths.
std::optional<std::int64_t> probability_of(std::string_view text) {
  const auto json = parse_json(text);
  if (!json || !json->is(Json::Kind::number) || json->number < 0 || json->number > Json::one) return std::nullopt;
  return json->number * (ppm / Json::one);
}

class Reader {
 public:
  Reader(std::span<const Setting> settings, const Diagnostic& place, Diagnostics& diagnostics) : settings_(settings), place_(place), diagnostics_(diagnostics) {}

  const Setting* written(std::string_view key) const {
    return product_options::written(settings_, key);
  }
  std::string text(std::string_view key) {
    const SqsOption& option = *find_option(key, 0xff);
    const Setting* setting = written(key);
    return setting != nullptr && allowed(option, *setting) ? setting->text : std::string(option.preset);
  }
  std::int64_t whole(std::string_view key) { return whole_of(text(key)).value_or(0); }
  bool flag(std::string_view key) { return text(key) == "true"; }
  std::int64_t probability(std::string_view key) { return probability_of(text(key)).value_or(0); }

  void complain(std::string_view code, const Setting* setting, std::string message, std::string hint) {
    Diagnostic diagnostic = place_;
    diagnostic.code = code;
    if (setting != nullptr && setting->where.line != 0) diagnostic.range = setting->where;
    diagnostic.message = std::move(message);
    diagnostic.hint = std::move(hint);
    diagnostics_.add(std::move(diagnostic));
  }

 private:
  bool allowed(const SqsOption& option, const Setting& setting) {
    const std::string unit = option.unit.empty() ? "" : fmt::format(" ({})", option.unit);
    switch (option.type) {
      case OptionType::boolean:
        if (setting.text == "true" || setting.text == "false") return true;
        complain("FT-TYPE-001", &setting, fmt::format("\"{}\" is true or false, not \"{}\"", setting.key, setting.text), "");
        return false;
      case OptionType::whole: {
        const auto value = whole_of(setting.text);
        if (value && *value >= option.least && *value <= option.most) return true;
        complain(value ? "FT-RANGE-004" : "FT-TYPE-001", &setting,
                 fmt::format("\"{}\"{} is a whole number from {} to {}, not \"{}\"", setting.key, unit, option.least, option.most, setting.text), "");
        return false;
      }
      case OptionType::probability:
        if (probability_of(setting.text)) return true;
        complain("FT-RANGE-004", &setting, fmt::format("\"{}\" is a number from 0 to 1, not \"{}\"", setting.key, setting.text), "");
        return false;
      case OptionType::choice: {
        const auto values = product_options::words(option.values, ' ');
        if (std::find(values.begin(), values.end(), setting.text) != values.end()) return true;
        complain("FT-TYPE-001", &setting, fmt::format("\"{}\" cannot be \"{}\"", setting.key, setting.text), name_hint(setting.text, values, "Values"));
        return false;
      }
      case OptionType::text:
      case OptionType::policy: return true;
    }
    return true;
  }

  std::span<const Setting> settings_;
  const Diagnostic& place_;
  Diagnostics& diagnostics_;
};

// RedrivePolicy is JSON in one attribute; maxReceiveCount may be a number or a text in it, as AWS's console writes it.
void read_redrive(Reader& read, QueueSettings& q) {
  q.rules.max_receives = static_cast<std::uint32_t>(read.whole("RedrivePolicy.maxReceiveCount"));
  q.dead_letter_queue = read.text("RedrivePolicy.deadLetterTargetArn");
  const Setting* whole = read.written("RedrivePolicy");
  if (whole != nullptr && !whole->text.empty()) {
    const auto json = parse_json(whole->text);
    const Json* count = json ? json->find("maxReceiveCount") : nullptr;
    const auto most = count == nullptr ? std::nullopt : count->is(Json::Kind::string) ? whole_of(count->text) : std::optional(count->number / Json::one);
    if (!most || *most < 1 || *most > 1000) {
      read.complain("FT-SQS-004", whole, "RedrivePolicy needs a maxReceiveCount from 1 to 1000", "For example {\"maxReceiveCount\": 5, \"deadLetterTargetArn\": \"dead\"} (SQS-DLQ-1).");
      return;
    }
    q.rules.max_receives = static_cast<std::uint32_t>(*most);
    if (const Json* target = json->find("deadLetterTargetArn")) q.dead_letter_queue = target->text;
  }
  if (q.rules.max_receives == 0 && !q.dead_letter_queue.empty()) {
    read.complain("FT-SQS-004", read.written("RedrivePolicy.deadLetterTargetArn"), "a dead-letter queue without RedrivePolicy.maxReceiveCount never gets a message", "See SQS-DLQ-1.");
  }
}

void check_types(Reader& read, const QueueSettings& q) {
  for (const std::string_view key : {"ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"}) {
    const Setting* setting = read.written(key);
    if (q.rules.fifo || setting == nullptr || setting->text == "false" || setting->text == find_option(key, 0xff)->preset) continue;
    read.complain("FT-SQS-001", setting, fmt::format("{} needs FifoQueue=true", key), "A standard queue removes no duplicates (SQS-SEND-1, SQS-DEDUP-1).");
  }
  for (const std::string_view key : {"dup_probability", "reorder", "short_poll_miss_probability", "old_handle_delete"}) {
    const Setting* setting = read.written(key);
    const bool idle = setting == nullptr || setting->text == find_option(key, 0xff)->preset;
    if (!q.rules.fifo || idle) continue;
    read.complain("FT-SQS-002", setting, fmt::format("{} is about standard queues", key), "A FIFO queue keeps the order, hands out nothing twice by itself and refuses a late delete (SQS-FIFO-2, SQS-FIFO-5).");
  }
}

}  // namespace

void refuse_unknown(std::span<const Setting> settings, std::uint8_t scopes, std::string_view what, const Diagnostic& place, Diagnostics& diagnostics) {
  std::vector<std::string> names;
  for (const SqsOption& option : options()) {
    if ((option.scopes & scopes) != 0) names.emplace_back(option.key);
  }
  for (const Setting& setting : settings) {
    if (find_option(setting.key, scopes) != nullptr) continue;
    std::string hint;
    if (const auto close = closest_name(setting.key, names)) hint = fmt::format("Did you mean \"{}\"?", *close);
    else if (find_option(setting.key, 0xff) != nullptr) hint = "It is an attribute of subscriptions or clients.";
    else hint = "flowtank explain broker sns_sqs lists them.";
    Reader(settings, place, diagnostics).complain("FT-KEY-001", &setting, fmt::format("SNS and SQS have no attribute \"{}\" for {}", setting.key, what), std::move(hint));
  }
}

QueueSettings read_queue(std::span<const Setting> settings, const Diagnostic& place, Diagnostics& diagnostics) {
  Reader read(settings, place, diagnostics);
  QueueSettings q;
  q.rules.fifo = read.flag("FifoQueue");
  q.rules.visibility = read.whole("VisibilityTimeout") * second_ns;
  q.rules.delay = read.whole("DelaySeconds") * second_ns;
  q.rules.retention = read.whole("MessageRetentionPeriod") * second_ns;
  q.rules.most_in_flight = static_cast<std::uint32_t>(read.whole("in_flight_limit"));
  const std::string old_handle = read.text("old_handle_delete");
  q.rules.old_handle = old_handle == "effective" ? OldHandle::effective : old_handle == "ignored" ? OldHandle::ignored : OldHandle::until_received_again;
  q.content_based = read.flag("ContentBasedDeduplication");
  q.dedup_by_group = read.text("DeduplicationScope") == "messageGroup";
  q.wait_s = read.whole("ReceiveMessageWaitTimeSeconds");
  q.most_bytes = read.whole("MaximumMessageSize");
  q.moves_on_expiry = read.text("dlq_move") == "on_visibility_expiry";
  q.reorders = read.flag("reorder");
  q.duplicate_ppm = read.probability("dup_probability");
  q.miss_ppm = read.probability("short_poll_miss_probability");
  read_redrive(read, q);
  check_types(read, q);
  if (read.text("FifoThroughputLimit") == "perMessageGroupId" && !q.dedup_by_group) {
    read.complain("FT-SQS-003", read.written("FifoThroughputLimit"), "FifoThroughputLimit=perMessageGroupId needs DeduplicationScope=messageGroup", "See SQS-FIFO-8.");
  }
  return q;
}

SubscriptionSettings read_subscription(std::span<const Setting> settings, const Diagnostic& place, Diagnostics& diagnostics) {
  Reader read(settings, place, diagnostics);
  SubscriptionSettings s;
  s.raw = read.flag("RawMessageDelivery");
  s.propagation_s = read.whole("filter_propagation");
  const bool by_body = read.text("FilterPolicyScope") == "MessageBody";
  const Setting* policy = read.written("FilterPolicy");
  if (policy == nullptr || policy->text.empty()) {
    if (by_body) read.complain("FT-SQS-006", read.written("FilterPolicyScope"), "FilterPolicyScope without a FilterPolicy filters nothing", "See SNS-FILTER-1.");
    return s;
  }
  std::string why;
  s.filter = FilterPolicy::read(policy->text, by_body ? FilterPolicy::Scope::body : FilterPolicy::Scope::attributes, why);
  if (!s.filter) read.complain("FT-SQS-005", policy, fmt::format("SNS refuses this FilterPolicy: {}", why), "For example {\"type\": [\"order\", {\"prefix\": \"pay\"}]} (SNS-FILTER-2).");
  return s;
}

PollerSettings read_poller(std::span<const Setting> settings, const QueueSettings& queue, const Diagnostic& place, Diagnostics& diagnostics) {
  Reader read(settings, place, diagnostics);
  PollerSettings p;
  p.extension_s = read.whole("visibility_extension");
  p.most = read.whole("MaxNumberOfMessages");
  p.on_error = read.text("on_error") == "release" ? OnError::release : OnError::leave;
  if (p.extension_s != 0 && p.extension_s * second_ns >= queue.rules.visibility) {
    read.complain("FT-SQS-007", read.written("visibility_extension"),
                  fmt::format("visibility_extension is {} s, but the message is visible again after VisibilityTimeout, {} s", p.extension_s, queue.rules.visibility / second_ns),
                  "Extend well before the timeout is over (SQS-VIS-1).");
  }
  return p;
}

PublisherSettings read_publisher(std::span<const Setting> settings, const QueueSettings& queue, const Diagnostic& place, Diagnostics& diagnostics) {
  Reader read(settings, place, diagnostics);
  PublisherSettings p;
  p.read_timeout_s = read.whole("read_timeout");
  p.attempts = read.whole("max_attempts");
  const std::string id = read.text("MessageDeduplicationId");
  p.dedup_id = id == "attempt" ? DedupId::attempt : id == "content" || (queue.content_based && read.written("MessageDeduplicationId") == nullptr) ? DedupId::content : DedupId::id;
  p.one_group = read.text("MessageGroupId") == "all";
  for (const std::string_view key : {"MessageDeduplicationId", "MessageGroupId"}) {
    const Setting* setting = read.written(key);
    if (queue.rules.fifo || setting == nullptr) continue;
    read.complain("FT-SQS-001", setting, fmt::format("{} needs FifoQueue=true", key), "A standard queue neither orders nor removes duplicates (SQS-ORD-1, SQS-SEND-1).");
  }
  return p;
}

}  // namespace flowtank::sns_sqs
