// SPDX-License-Identifier: Apache-2.0
// See topics.hpp. A delivery is tried when it is due; what fails by a server's error waits for its next try, what fails by a
// client's error (the queue is gone) never tries again. A FIFO topic keeps the order of what waits for a subscription.
#include "models/brokers/sns_sqs/topics.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace flowtank::sns_sqs {
namespace {

constexpr auto subscription_scopes = static_cast<std::uint8_t>(Scope::subscription);

}  // namespace

std::optional<std::int64_t> RetrySchedule::wait_s(std::int64_t number) const {
  if (number <= at_once) return 0;
  number -= at_once;
  if (number <= at_least) return least_s;
  number -= at_least;
  if (number <= backoffs) {
    if (linear) return backoffs < 2 ? most_s : least_s + (most_s - least_s) * (number - 1) / (backoffs - 1);
    std::int64_t wait = least_s;
    for (std::int64_t i = 1; i < number && wait < most_s; ++i) wait *= 2;
    return std::min(wait, most_s);
  }
  return number - backoffs <= at_most ? std::optional(most_s) : std::nullopt;
}

std::string Topics::create_topic(const std::string& name, bool fifo, bool content_based) {
  if (name.empty() || (content_based && !fifo)) return "InvalidParameter";
  Topic& topic = topics_[name];
  topic.fifo = fifo;
  topic.content_based = content_based;
  return {};
}

std::string Topics::read(Subscription& subscription, std::span<const Setting> attributes, std::int64_t now) {
  std::vector<Setting> all = subscription.attributes;
  for (const Setting& setting : attributes) {
    const auto known = std::find_if(all.begin(), all.end(), [&](const Setting& s) { return s.key == setting.key; });
    if (known != all.end()) *known = setting;
    else all.push_back(setting);
  }
  Diagnostics diagnostics;
  refuse_unknown(all, subscription_scopes, "subscriptions", {}, diagnostics);
  SubscriptionSettings settings = read_subscription(all, {}, diagnostics);
  if (!diagnostics.ok()) return "InvalidParameter";
  // SNS-FILTER-3: a changed policy acts later.
  const std::int64_t from = subscription.settings.empty() ? now : now + settings.propagation_s * second_ns;
  subscription.settings.emplace_back(from, std::move(settings));
  subscription.attributes = std::move(all);
  return {};
}

std::string Topics::subscribe(const std::string& topic, const std::string& name, const std::string& endpoint, bool is_http, const RetrySchedule& schedule,
                              std::span<const Setting> attributes, const std::string& dead_letters, std::int64_t now) {
  const auto to = topics_.find(topic);
  if (to == topics_.end()) return "NotFound";
  // SNS-FIFO-1: a FIFO queue subscribes to a FIFO topic only.
  if (!is_http && account_.is_fifo(endpoint) && !to->second.fifo) return "InvalidParameter";
  Subscription subscription;
  subscription.topic = topic;
  subscription.endpoint = endpoint;
  subscription.is_http = is_http;
  subscription.schedule = schedule;
  subscription.dead_letters = dead_letters;
  if (std::string error = read(subscription, attributes, now); !error.empty()) return error;
  if (subscriptions_.insert_or_assign(name, std::move(subscription)).second) to->second.subscriptions.push_back(name);
  return {};
}

std::string Topics::set_attributes(const std::string& subscription, std::span<const Setting> attributes, std::int64_t now) {
  const auto found = subscriptions_.find(subscription);
  return found == subscriptions_.end() ? "NotFound" : read(found->second, attributes, now);
}

std::string Topics::unsubscribe(const std::string& subscription) {
  const auto found = subscriptions_.find(subscription);
  if (found == subscriptions_.end()) return "NotFound";
  std::erase(topics_[found->second.topic].subscriptions, subscription);
  subscriptions_.erase(found);
  return {};
}

const SubscriptionSettings& Topics::settings_at(const Subscription& subscription, std::int64_t now) const {
  const SubscriptionSettings* acting = &subscription.settings.front().second;
  for (const auto& [from, settings] : subscription.settings) {
    if (from <= now) acting = &settings;
  }
  return *acting;
}

// SNS-FILTER-1: no policy takes everything; what is filtered out is no error and goes nowhere.
bool Topics::wants(const Subscription& subscription, const Post& post, std::int64_t now) const {
  const auto& filter = settings_at(subscription, now).filter;
  if (!filter) return true;
  if (filter->scope() == FilterPolicy::Scope::attributes) {
    const Json attributes = plain_attributes(post.attributes);
    return filter->matches(&attributes);
  }
  const auto body = parse_json(post.body);
  return filter->matches(body ? &*body : nullptr);
}

// ---- publish ---------------------------------------------------------------------------------------------------

PublishAnswer Topics::publish(const std::string& name, const PublishRequest& request, std::int64_t now) {
  PublishAnswer answer;
  const auto found = topics_.find(name);
  if (found == topics_.end()) {
    answer.error = "NotFound";
    return answer;
  }
  Topic& topic = found->second;
  const bool lacks = topic.fifo && (!request.group || request.group->empty() || (!request.dedup_id && !topic.content_based));
  if (request.body.empty() || lacks || (!topic.fifo && request.dedup_id)) {
    answer.error = "InvalidParameter";
    return answer;
  }
  advance(now);
  Post post;
  post.topic = name;
  post.body = request.body;
  post.attributes = request.attributes;
  post.attributes.kind = Json::Kind::object;
  post.group = request.group.value_or("");
  post.published = now;
  if (topic.fifo) {
    // SNS-FIFO-1: for the whole topic, whatever the group; the id is passed on to the queues.
    post.dedup_id = request.dedup_id ? *request.dedup_id : "sha256 of " + request.body;
    const std::uint64_t* earlier = topic.window.accepted_before(cells_, pool_, pool_.intern_string(post.dedup_id), now, posts_.size());
    if (earlier != nullptr) {
      answer.id = posts_[*earlier].id;
      answer.sequence_number = posts_[*earlier].sequence_number;
      return answer;
    }
    post.sequence_number = fmt::format("{:020}", ++sequence_numbers_);
  }
  post.id = fmt::format("notification-{}", ++ids_);
  answer.id = post.id;
  answer.sequence_number = post.sequence_number;
  posts_.push_back(std::move(post));
  const std::size_t mine = posts_.size() - 1;
  std::vector<std::string> wanted;
  for (const std::string& to : topic.subscriptions) {  // SNS-FAN-1: a copy for each, tried on its own
    if (!wants(subscriptions_.at(to), posts_.back(), now)) continue;
    subscriptions_.at(to).waiting.push_back({mine, 0, now});
    wanted.push_back(to);
  }
  given_up_.clear();
  advance(now);
  for (const std::string& to : wanted) {
    const auto& waiting = subscriptions_.at(to).waiting;
    const bool waits = std::any_of(waiting.begin(), waiting.end(), [&](const Delivery& d) { return d.post == mine; });
    if (!waits && given_up_.count({to, mine}) == 0) answer.delivered_to.insert(to);
  }
  return answer;
}

// ---- deliver ---------------------------------------------------------------------------------------------------

// SNS-RAW-1: what a queue gets when the message is not delivered raw.
std::string Topics::envelope(const Post& post) const {
  Json attributes = plain_attributes(post.attributes);
  for (auto& [name, value] : attributes.members) {
    Json typed;
    typed.kind = Json::Kind::object;
    Json type, text;
    type.kind = text.kind = Json::Kind::string;
    type.text = value.is(Json::Kind::number) ? "Number" : value.is(Json::Kind::array) ? "String.Array" : "String";
    text.text = value.is(Json::Kind::string) ? value.text : to_text(value);
    typed.members = {{"Type", std::move(type)}, {"Value", std::move(text)}};
    value = std::move(typed);
  }
  Json out;
  out.kind = Json::Kind::object;
  const auto add = [&](std::string key, std::string value) {
    Json text;
    text.kind = Json::Kind::string;
    text.text = std::move(value);
    out.members.emplace_back(std::move(key), std::move(text));
  };
  add("Type", "Notification");
  add("MessageId", post.id);
  if (!post.sequence_number.empty()) add("SequenceNumber", post.sequence_number);
  add("TopicArn", post.topic);
  add("Message", post.body);
  add("Timestamp", fmt::format("{} ms", post.published / 1'000'000));
  if (!attributes.members.empty()) out.members.emplace_back("MessageAttributes", std::move(attributes));
  return to_text(out);
}

Topics::Result Topics::try_once(Subscription& subscription, const Post& post, std::int64_t now) {
  const auto down = unavailable_.find(subscription.endpoint);
  const bool is_queue = !subscription.is_http && !subscription.endpoint.empty();
  if (is_queue && !account_.has_queue(subscription.endpoint)) return Result::never;  // SNS-RETRY-1: a client-side error
  if (down != unavailable_.end() && now < down->second) return Result::retry;
  if (!is_queue) return Result::done;
  const bool raw = settings_at(subscription, now).raw;
  constexpr std::size_t most_attributes = 10;
  if (raw && post.attributes.members.size() > most_attributes) return Result::never;  // SNS-RAW-1
  SendRequest request;
  request.body = raw ? post.body : envelope(post);
  if (raw) request.attributes = post.attributes;
  if (account_.is_fifo(subscription.endpoint)) {
    request.group = post.group;
    request.dedup_id = post.dedup_id;
  }
  return account_.send(subscription.endpoint, request, now).error.empty() ? Result::done : Result::never;
}

// SNS-DLQ-1: of the subscription, for what could not be delivered; without one it is gone.
void Topics::give_up(const Subscription& subscription, const Post& post, std::int64_t now) {
  if (subscription.dead_letters.empty()) return;
  SendRequest request;
  request.body = settings_at(subscription, now).raw ? post.body : envelope(post);
  if (account_.is_fifo(subscription.dead_letters)) {
    request.group = post.group.empty() ? post.topic : post.group;
    request.dedup_id = post.id;
  }
  account_.send(subscription.dead_letters, request, now);
}

bool Topics::attempt(Subscription& subscription, Delivery& delivery, std::int64_t now) {
  const Post& post = posts_[delivery.post];
  subscription.attempts.push_back(now);
  const Result result = try_once(subscription, post, now);
  if (result == Result::done) return true;
  const auto wait = result == Result::retry ? subscription.schedule.wait_s(++delivery.retries) : std::nullopt;
  if (wait) {
    delivery.when = now + *wait * second_ns;
    return false;
  }
  for (const auto& [name, known] : subscriptions_) {
    if (&known == &subscription) given_up_.insert({name, delivery.post});
  }
  give_up(subscription, post, now);
  return true;
}

void Topics::advance(std::int64_t now) {
  for (auto& [name, subscription] : subscriptions_) {
    const bool in_order = topics_[subscription.topic].fifo;
    for (std::size_t i = 0; i < subscription.waiting.size();) {
      Delivery& delivery = subscription.waiting[i];
      bool over = false;
      while (!over && delivery.when <= now) over = attempt(subscription, delivery, now);
      if (over) {
        subscription.waiting.erase(subscription.waiting.begin() + static_cast<std::ptrdiff_t>(i));
        continue;
      }
      if (in_order) break;  // SNS-FIFO-2: what comes later waits for it
      ++i;
    }
  }
}

std::int64_t Topics::next_due(std::int64_t otherwise) const {
  for (const auto& [name, subscription] : subscriptions_) {
    const bool in_order = topics_.at(subscription.topic).fifo;
    for (const Delivery& delivery : subscription.waiting) {
      otherwise = std::min(otherwise, delivery.when);
      if (in_order) break;
    }
  }
  return otherwise;
}

const std::vector<std::int64_t>* Topics::attempts(const std::string& subscription) const {
  const auto found = subscriptions_.find(subscription);
  return found == subscriptions_.end() ? nullptr : &found->second.attempts;
}

}  // namespace flowtank::sns_sqs
