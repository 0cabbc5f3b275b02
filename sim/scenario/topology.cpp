// SPDX-License-Identifier: Apache-2.0
// Brokers with their channels, and services with the models they use: the nodes of the topology. What a
// broker's options mean is the business of its implementation; they are handed on in the user's words.
#include <sim/base/check.hpp>

#include "sim/scenario/builder.hpp"

namespace flowtank::loading {

Builder::Builder(Reading& reading_, const LoadOptions& options_)
    : reading(reading_), options(options_), expressions(reading_, *system, options_.limits, options_.purpose == LoadPurpose::run) {
  system->constants = std::make_shared<Arena>();
}

std::vector<Option> Builder::free_options(Fields& fields) {
  std::vector<Option> out;
  for (const JsonMember* member : fields.others()) {
    fields.allow(member->key);
    if (const auto value = scalar(fields.place().at(*member))) out.push_back({member->key, *value, member->key_where});
  }
  return out;
}

void Builder::read_brokers(Fields& top) {
  const Place section = top.object("brokers");
  if (!section) return;
  for (const JsonMember& member : section.node->members) {
    Fields fields(reading, section.at(member), "a broker");
    if (!fields.valid()) continue;
    const auto index = static_cast<std::uint32_t>(system->brokers.size());
    brokers[member.key] = index;
    BrokerSpec broker;
    broker.name = member.key;
    broker.kind = fields.required_text("kind");
    const Place latency = fields.find("latency");
    fields.object("instead");  // what stands here under another kind (flowtank run --brokers)
    std::vector<Place> lists;
    for (const char* word : {"channels", "topics", "queues", "streams", "exchanges"}) {
      if (const Place list = fields.object(word)) lists.push_back(list);
    }
    broker.options = free_options(fields);
    system->brokers.push_back(std::move(broker));
    const std::uint32_t broker_latency = latency ? distribution(latency) : none;
    for (const Place& list : lists) {
      for (const JsonMember& entry : list.node->members) {
        Fields channel_fields(reading, list.at(entry), "a channel");
        if (!channel_fields.valid()) continue;
        Channel channel;
        channel.name = entry.key;
        channel.broker = index;
        channel.latency = broker_latency;
        if (const Place own = channel_fields.find("latency")) channel.latency = distribution(own);
        channel.options = free_options(channel_fields);
        const auto number = static_cast<std::uint32_t>(system->channels.size());
        const std::string qualified = member.key + "." + entry.key;
        if (channels.count(qualified) != 0) {
          reading.error_at_key(codes::model_duplicate, list, entry, "broker " + in_quotes(member.key) + " has two channels " + in_quotes(entry.key));
        }
        channels[qualified] = number;
        std::vector<std::string>& same = ambiguous_channels[entry.key];
        same.push_back(qualified);
        if (same.size() == 1) channels[entry.key] = number;
        scenario.channel_spots.push_back({reading.file_of(entry.value), entry.key_where, pointer_to(list.pointer, entry.key)});
        system->channels.push_back(std::move(channel));
      }
    }
  }
}

std::optional<std::uint32_t> Builder::channel_named(const Place& place) {
  const auto name = reading.text(place);
  if (!name) return std::nullopt;
  const auto found = channels.find(*name);
  if (found == channels.end()) {
    std::vector<std::string> plain;
    for (const auto& [known, qualified] : ambiguous_channels) plain.push_back(known);
    const std::string plural = system->brokers.size() == 1 ? "Channels of broker \"" + system->brokers[0].name + "\"" : "Channels";
    reading.unknown_name(codes::ref_channel, place, "channel", *name, plain, plural);
    return std::nullopt;
  }
  const auto same = ambiguous_channels.find(*name);
  if (same != ambiguous_channels.end() && same->second.size() > 1) {
    reading.error(codes::ref_channel, place, "more than one broker has a channel " + in_quotes(*name),
                  "Write " + same->second[0] + " or " + same->second[1] + ".");
  }
  return found->second;
}

namespace {

std::map<std::string, Place> entries(Fields& fields, std::string_view key) {
  std::map<std::string, Place> out;
  if (const Place object = fields.object(key)) {
    for (const JsonMember& member : object.node->members) out[member.key] = object.at(member);
  }
  return out;
}

}  // namespace

void Builder::read_services(Fields& top, Models& models) {
  const Place section = top.object("services");
  if (!section) return;
  if (section.node->members.size() > options.limits.services) {
    reading.error(codes::range_size, section, "more than " + std::to_string(options.limits.services) + " services");
    return;
  }
  for (const JsonMember& member : section.node->members) {
    if (!cel_name(section, member)) continue;
    if (member.key == "effects" || member.key == "accepted" || member.key == "dead") {
      reading.error_at_key(codes::key_name, section, member, in_quotes(member.key) + " names the observations of properties", "Choose another name.");
      continue;
    }
    Fields fields(reading, section.at(member), "a service");
    if (!fields.valid()) continue;
    ServiceScope scope;
    scope.entry = fields.place();
    scope.use = fields.require("use");
    scope.with = fields.object("with");
    Service service;
    service.name = member.key;
    service.file = reading.file_of(*fields.place().node);
    service.where = member.key_where;
    service.instances = static_cast<std::uint32_t>(fields.integer("instances", 1, options.limits.instances, 1));
    service.concurrency = static_cast<std::uint32_t>(fields.integer("concurrency", 1, options.limits.concurrency, 1));
    scope.rename = entries(fields, "channels");
    scope.publishes = entries(fields, "publishes");
    scope.consumes = entries(fields, "consumes");
    if (const Place retry = fields.object("retry")) {
      scope.retry = read_retry(reading, retry);
      scope.has_retry = true;
    }
    if (const Place takes = fields.find("takes")) scope.durations = distribution(takes);
    fields.object("subscriptions");
    fields.finish();
    if (!scope.use) continue;
    const auto model_name = reading.text(scope.use);
    scope.model = model_name ? models.get(*model_name, scope.use) : nullptr;
    if (!scope.model) continue;
    service.model = scope.model->name;
    scope.index = static_cast<std::uint32_t>(system->services.size());
    services[member.key] = scope.index;
    system->services.push_back(std::move(service));
    scope.options = choose_options(reading, *scope.model, scope.with);
    scopes.push_back(std::move(scope));
  }
}

}  // namespace flowtank::loading
