// SPDX-License-Identifier: Apache-2.0
// What the parts of the loader fill together: the System under construction, and which names mean which
// index. Names are declared for all services before any handler is lowered, so that order in the file
// does not matter.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <sim/expr/environment.hpp>
#include <sim/expr/host.hpp>
#include <sim/expr/type.hpp>
#include <sim/world/system.hpp>

#include "sim/scenario/expressions.hpp"
#include "sim/scenario/model.hpp"
#include "sim/scenario/reading.hpp"
#include "sim/scenario/scenario.hpp"

namespace flowtank {
struct FaultKindInfo;
struct FaultParameter;
}  // namespace flowtank

namespace flowtank::loading {

using Names = std::map<std::string, std::uint32_t, std::less<>>;

// All names, in order, for suggestions.
std::vector<std::string> names_of(const Names& names);

// A service while it is being loaded.
struct ServiceScope {
  std::uint32_t index = none;
  Place entry;               // in the scenario
  Place use;                 // its "use"
  Place with;                // its "with", may be empty
  const Model* model = nullptr;
  OptionValues options;
  Names tables;
  Names effects;
  Names timers;
  Names messages;            // declared by its model: events and commands
  std::map<std::string, std::string> default_channel;  // event -> logical channel
  std::map<std::string, Place> rename;     // logical channel -> its entry in "channels"
  std::map<std::string, Place> publishes;  // event -> entry
  std::map<std::string, Place> consumes;
  std::set<std::uint32_t> made;            // messages that some step makes
  expr::Environment environment;           // options, db.*
  RetryPolicy retry;
  std::uint32_t durations = none;
  bool has_retry = false;
};

class Builder {
 public:
  Builder(Reading& reading, const LoadOptions& options);

  Reading& reading;
  const LoadOptions& options;
  Scenario scenario;
  std::shared_ptr<System> system = std::make_shared<System>();
  std::shared_ptr<expr::TypeTable> types = system->types;
  Expressions expressions;

  Names brokers;
  Names channels;            // by name, and by broker.name
  std::map<std::string, std::vector<std::string>> ambiguous_channels;  // name -> qualified names
  Names services;
  Names messages;            // by name
  std::map<std::string, std::pair<std::string, std::string>> message_shapes;  // name -> shape, file
  Names effects;
  Names tables;              // by display name
  Names clients;
  Names faults;
  std::vector<ServiceScope> scopes;
  std::vector<std::string> data_texts;  // of files beside the models, for the content hash

  // ---- small things every part needs -------------------------------------------------------------
  // A type by name: string, int, uint, double, bool, bytes, timestamp, duration, id, event, any, list(T), map(K, V).
  expr::Type type_named(const Place& place);
  // A distribution of durations: a number of ms, a text with unit, or {"uniform_ms": [1, 5]} and the like.
  // `unit_key` is for messages. none when it is wrong.
  std::uint32_t distribution(const Place& place);
  std::optional<std::uint32_t> channel_named(const Place& place);
  // A scalar as a Value whose objects live in System::constants.
  std::optional<Value> scalar(const Place& place);
  Value string_value(std::string_view text) { return system->constants->make_string(text); }
  // Members of an object that nobody asked for, as options in the product's own words.
  std::vector<Option> free_options(Fields& fields);
  bool cel_name(const Place& object, const JsonMember& member);

  std::uint32_t add_table(Table table, const std::string& display, std::vector<expr::Field> fields);
  void observation(const std::string& display, expr::Type key, bool amount, std::uint32_t& out);

  // ---- sections, in this order -------------------------------------------------------------------
  void read_brokers(Fields& top);
  void read_services(Fields& top, Models& models);
  void declare(ServiceScope& scope);         // messages, tables, effects, timers of its model
  void finish_declarations();                // observation tables
  void lower_handlers(ServiceScope& scope);
  void wire(ServiceScope& scope);
  void read_clients(Fields& top);
  void read_faults(Fields& top);
  void read_properties(Fields& top);
  void read_expectations(Fields& top);
  void read_run(Fields& top);
  void read_check(Fields& top);
  void read_lint(Fields& top);
  void note_spots(Fields& top);              // where everything was written, and which options nothing looks at

 private:
  friend class LibraryProperty;  // library_properties.cpp
  friend class ClientReader;
  friend class SessionProperty;  // session_properties.cpp
  void declare_messages(ServiceScope& scope, const char* section, bool commands);
  void declare_message(ServiceScope& scope, const Place& section, const JsonMember& member, bool command);
  void declare_tables(ServiceScope& scope);
  void declare_table(ServiceScope& scope, const Place& section, const JsonMember& member);
  void declare_effects_and_timers(ServiceScope& scope);
  void read_unique(const Place& list, Table& table);

  std::optional<std::pair<const char*, expr::Type>> read_trigger(ServiceScope& scope, const Place& on, Handler& handler);
  void lower_handler(ServiceScope& scope, const JsonMember& member, const Place& section, bool poller);
  void add_handler(ServiceScope& scope, Handler handler, const Place& section, const JsonMember& member);
  std::optional<std::uint32_t> channel_for(ServiceScope& scope, std::uint32_t message, bool publishing);
  std::uint32_t subscription(ServiceScope& scope, std::uint32_t channel);
  void check_wiring_names(ServiceScope& scope, const std::vector<std::string>& handled);

  std::uint32_t command_of(std::uint32_t service, const Place& place);
  std::uint32_t name_in(const Names& names, const Place& place, std::string_view code, std::string_view what, std::string_view plural);
  std::uint32_t handler_named(const Place& place, std::uint32_t service);
  std::uint32_t timer_named(const Place& place, std::uint32_t service);
  void read_selector(const Place& place, std::string_view keys, std::string_view what, FaultSelector& on);
  void read_step_label(const Place& place, const FaultKindInfo& info, Fault& fault);
  void read_condition(const Place& place, FaultCondition& after);
  void read_trigger_of_fault(Fields& fields, const FaultKindInfo& info, Fault& fault);
  void read_parameter_of_fault(Fields& fields, const FaultKindInfo& info, const FaultParameter& parameter, Fault& fault);
  void read_number_of_fault(const FaultParameter& parameter, const Place& given, Fault& fault);
  void read_offset(Fields& fields, Fault& fault);
  std::vector<FaultNode> read_nodes(const Place& list);

  std::optional<PropertySpec> read_property(const Place& place);
  bool read_quantifier(Fields& fields, PropertySpec& property, expr::Environment& environment, bool required);
  std::uint32_t table_named(const Place& place);
  std::uint32_t column_named(const Place& place, std::uint32_t table);
  void read_library_property(Fields& fields, PropertyKind kind, PropertySpec& property, expr::Environment& environment);
  void read_expectation(const std::string& property, const Place& place);

  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> subscriptions_;  // channel, service
};

// Retry policy from {"attempts", "backoff_ms", "factor", "cap_ms"}.
RetryPolicy read_retry(Reading& reading, const Place& place);

}  // namespace flowtank::loading
