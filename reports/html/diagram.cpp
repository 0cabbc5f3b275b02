// SPDX-License-Identifier: Apache-2.0
// Placing a diagram: which records become nodes, on which lanes, and what led to what. An arrow goes from the nearest node that
// a record came from; records between them that the story does not tell leave no mark but where they change the lane.
#include "reports/html/diagram.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "reports/record_text.hpp"
#include "reports/text.hpp"

namespace flowtank::reports::html {
namespace {

constexpr double numbered_gap = 38;
constexpr double passing_gap = 22;
constexpr double side_gap = 18;
constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

class Placing {
 public:
  Placing(const System& system, const Story& story, const Witness& witness)
      : system_(system), story_(story), witness_(witness), trace_(witness.trace), text_(*witness.world, trace_) {}

  Diagram place() {
    for (const StoryStep& step : story_.steps) {
      if (step.record < trace_.size()) told_[step.record] = &step;
    }
    if (told_.empty()) return {};
    for (const auto& [record, step] : told_) add_passing(record);
    out_.lanes.clear();  // they were met backwards; from left to right they stand in the order of time
    double y = 0;
    for (const RecordId record : chosen()) y = add(trace_[record], y);
    connect();
    for (const StoryStep& step : story_.steps) {
      if (step.record < trace_.size() || step.mark == StoryMark::none) continue;
      y += numbered_gap;
      out_.bands.push_back({y, step.mark, step.mark == StoryMark::violation ? story_.property : "", step.number});
    }
    mark_causes();
    out_.height = y + numbered_gap;
    return std::move(out_);
  }

 private:
  struct Ends {
    std::size_t arrives = nowhere;  // node where its causes lead to
    std::size_t departs = nowhere;  // node where its consequences come from
  };

  RecordId cause_of(const Record& record) const {
    const bool relayed = record.kind == RecordKind::publish_try && record.other_parent < trace_.size();
    return relayed ? committed(trace_[record.other_parent], record.id) : record.parent;
  }

  // What a relay finds was made in a transaction and there for it once that was committed.
  RecordId committed(const Record& made, RecordId before) const {
    for (RecordId id = made.id + 1; id < before; ++id) {
      const Record record = trace_[id];
      if (record.service != made.service || record.instance != made.instance || record.handler != made.handler) continue;
      if (record.kind == RecordKind::txn_commit) return id;
      if (record.kind == RecordKind::handler_end || record.kind == RecordKind::handler_begin) break;
    }
    return made.id;
  }

  std::vector<RecordId> chosen() const {
    std::set<RecordId> all = passing_;
    for (const auto& [record, step] : told_) all.insert(record);
    return {all.begin(), all.end()};
  }

  // Where a message left the lane before, on the way to a record of the story.
  void add_passing(RecordId id) {
    std::size_t lane = arrival_lane(trace_[id]);
    for (RecordId at = cause_of(trace_[id]); at < trace_.size() && !told_.contains(at); at = cause_of(trace_[at])) {
      const std::size_t here = departure_lane(trace_[at]);
      if (here == nowhere || here == lane) continue;
      passing_.insert(at);
      lane = arrival_lane(trace_[at]);
    }
  }

  std::size_t lane(LaneKind kind, std::uint32_t index, std::uint32_t instance, const std::string& name) {
    for (std::size_t i = 0; i < out_.lanes.size(); ++i) {
      const Lane& known = out_.lanes[i];
      if (known.kind == kind && known.index == index && known.instance == instance) return i;
    }
    out_.lanes.push_back({kind, index, instance, name});
    return out_.lanes.size() - 1;
  }
  std::size_t service_lane(const Record& record) {
    return record.service < system_.services.size() ? lane(LaneKind::service, record.service, record.instance, text_.who(record)) : nowhere;
  }
  std::size_t channel_lane(std::uint32_t channel) {
    return channel < system_.channels.size() ? lane(LaneKind::channel, channel, 0, printable(system_.channels[channel].name)) : nowhere;
  }
  std::size_t subscribed_lane(const Record& record) {
    return record.place < system_.subscriptions.size() ? channel_lane(system_.subscriptions[record.place].channel) : nowhere;
  }
  std::size_t client_lane(const Record& record) {
    return record.place < system_.clients.size() ? lane(LaneKind::client, record.place, 0, printable(system_.clients[record.place].name)) : nowhere;
  }

  // The lane on which a record happens to somebody.
  std::size_t arrival_lane(const Record& record) {
    const bool service = record.service < system_.services.size();
    switch (record.kind) {
      case RecordKind::command_sent:
      case RecordKind::client_retry: return service ? service_lane(record) : client_lane(record);
      case RecordKind::client_read: return client_lane(record);
      case RecordKind::accepted:
        if (record.parent < trace_.size() && trace_[record.parent].service < system_.services.size()) return service_lane(trace_[record.parent]);
        return channel_lane(record.place);
      case RecordKind::lost: return subscribed_lane(record);
      case RecordKind::fault: return fault_lane(record);
      default: return service ? service_lane(record) : nowhere;
    }
  }
  // The lane from which it goes on.
  std::size_t departure_lane(const Record& record) { return record.kind == RecordKind::accepted ? channel_lane(record.place) : arrival_lane(record); }

  std::size_t fault_lane(const Record& fault) {
    if (fault.parent < trace_.size()) return departure_lane(trace_[fault.parent]);
    const Record struck = text_.struck_record(fault);
    if (struck.service < system_.services.size()) return service_lane(struck);
    return fault.place < system_.faults.size() ? cut_off_lane(system_.faults[fault.place]) : nowhere;
  }

  // A partition strikes links; it is drawn at the one service that it names, where that is one process.
  std::size_t cut_off_lane(const Fault& fault) {
    for (const std::vector<FaultNode>* side : {&fault.with.side, &fault.with.other}) {
      if (side->size() != 1 || side->front().kind != NodeKind::service || side->front().index >= system_.services.size()) continue;
      const Service& service = system_.services[side->front().index];
      if (service.instances == 1) return lane(LaneKind::service, side->front().index, 0, printable(service.name));
    }
    return nowhere;
  }

  double add(const Record& record, double y) {
    const auto told = told_.find(record.id);
    const StoryStep* step = told == told_.end() ? nullptr : told->second;
    const std::size_t where = step == nullptr ? departure_lane(record) : arrival_lane(record);
    y += step == nullptr ? passing_gap : numbered_gap;
    if (step != nullptr && step->mark != StoryMark::none) {
      out_.bands.push_back({y, step->mark, step->mark == StoryMark::fault ? fault_label(record) : story_.property, where == nowhere ? step->number : 0});
    }
    if (where == nowhere) return y;
    Ends& ends = ends_[record.id];
    ends.arrives = ends.departs = node(where, y, step, record);
    return step == nullptr ? y : add_side(record, ends, y);
  }

  std::size_t node(std::size_t lane, double y, const StoryStep* step, const Record& record) {
    DiagramNode node;
    node.lane = lane;
    node.y = y;
    if (step != nullptr) {
      node.number = step->number;
      node.mark = step->mark;
      node.label = word_for(record);
    }
    out_.nodes.push_back(std::move(node));
    records_.push_back(record.id);
    return out_.nodes.size() - 1;
  }

  // What a step sends somewhere else at once: a publish, an effect, an acknowledgement.
  double add_side(const Record& record, Ends& ends, double y) {
    std::size_t lane_of_side = nowhere;
    std::string label;
    if (record.kind == RecordKind::accepted) {
      lane_of_side = channel_lane(record.place);
      label = text_.message(record.subject);
    } else if (record.kind == RecordKind::effect && record.place < system_.effects.size()) {
      label = printable(system_.effects[record.place].name);
      lane_of_side = lane(LaneKind::effect, record.place, 0, label);
    } else if (record.kind == RecordKind::acked || record.kind == RecordKind::nacked) {
      lane_of_side = subscribed_lane(record);
      label = record.kind == RecordKind::acked ? "ack" : "nack";
    }
    if (lane_of_side == nowhere || lane_of_side == out_.nodes[ends.arrives].lane) return y;
    y += side_gap;
    const std::size_t side = node(lane_of_side, y, nullptr, record);
    out_.nodes[ends.arrives].label.clear();
    out_.edges.push_back({ends.arrives, side, std::move(label), false, record.kind == RecordKind::acked || record.kind == RecordKind::nacked});
    if (record.kind == RecordKind::accepted) ends.departs = side;
    return y;
  }

  // The business step that it is part of, else the step of the handler.
  std::string word_for(const Record& record) const {
    if (record.kind == RecordKind::fault || record.kind == RecordKind::crash) return "";
    for (const WitnessStep& step : witness_.steps) {
      if (record.id >= step.first_record && record.id < step.end_record && !step.business.empty()) return printable(step.business);
    }
    return record.kind == RecordKind::txn_commit || record.kind == RecordKind::effect ? text_.step(record) : "";
  }

  std::string fault_label(const Record& record) const {
    if (record.kind == RecordKind::crash) return "crash";
    if (record.place < system_.faults.size()) return std::string(fault_noun(system_.faults[record.place].kind));
    return "fault";
  }

  RecordId nearest(RecordId id) const {
    while (id < trace_.size() && !ends_.contains(id)) id = cause_of(trace_[id]);
    return id;
  }

  void connect() {
    for (const auto& [id, ends] : ends_) {
      const Record record = trace_[id];
      const RecordId direct = nearest(cause_of(record));
      const RecordId other = record.kind == RecordKind::publish_try ? no_record : nearest(record.other_parent);
      // A second copy comes from the fault that made it, and the fault from the first.
      const bool from_fault = other < id && other != direct && record.kind == RecordKind::delivered && trace_[other].kind == RecordKind::fault;
      if (!from_fault) edge(direct, ends, again(record) ? "again" : passing_label(direct, record));
      if (other != direct && other < id) edge(other, ends, from_fault ? "again" : "");
    }
  }

  void edge(RecordId from, const Ends& to, std::string label) {
    if (from >= trace_.size()) return;
    const std::size_t start = ends_.at(from).departs;
    if (out_.nodes[start].y >= out_.nodes[to.arrives].y) return;
    if (out_.nodes[start].lane == out_.nodes[to.arrives].lane) label.clear();
    out_.edges.push_back({start, to.arrives, std::move(label), false, false});
  }

  // Is the run that made this record one of a copy that was delivered before?
  bool again(const Record& record) const {
    for (RecordId at = record.id; at < trace_.size(); at = cause_of(trace_[at])) {
      if (at != record.id && ends_.contains(at)) return false;
      if (trace_[at].kind == RecordKind::delivered) return trace_[at].other_parent != no_record;
    }
    return false;
  }

  // A command or an answer names what goes over; what a channel hands out was named on its way in.
  std::string passing_label(RecordId from, const Record& to) const {
    if (from >= trace_.size() || trace_[from].kind != RecordKind::command_sent || to.subject == absent_word) return "";
    return text_.message(trace_[from].subject);
  }

  void mark_causes() {
    std::vector<std::size_t> pending;
    for (std::size_t i = 0; i < out_.nodes.size(); ++i) {
      if (out_.nodes[i].mark == StoryMark::violation) pending.push_back(i);
    }
    // What never happened has no past: what led to the last that did happen stands for it.
    for (std::size_t i = out_.nodes.size(); pending.empty() && i-- > 0;) {
      if (out_.nodes[i].number != 0) pending.push_back(i);
    }
    for (const std::size_t i : pending) out_.nodes[i].cause = true;
    while (!pending.empty()) {
      const std::size_t at = pending.back();
      pending.pop_back();
      for (DiagramEdge& edge : out_.edges) {
        if (edge.to != at || edge.side) continue;
        edge.cause = true;
        if (std::exchange(out_.nodes[edge.from].cause, true)) continue;
        pending.push_back(edge.from);
      }
    }
  }

  const System& system_;
  const Story& story_;
  const Witness& witness_;
  const Trace& trace_;
  RecordText text_;
  std::map<RecordId, const StoryStep*> told_;
  std::set<RecordId> passing_;
  std::map<RecordId, Ends> ends_;
  std::vector<RecordId> records_;  // by node
  Diagram out_;
};

}  // namespace

Diagram place_diagram(const System& system, const Story& story, const Witness& witness) {
  if (!witness.world) return {};
  return Placing(system, story, witness).place();
}

}  // namespace flowtank::reports::html
