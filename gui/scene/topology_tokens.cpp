// SPDX-License-Identifier: Apache-2.0
// See topology_tokens.hpp. Words of a message are looked up only for tokens that are drawn one by one.
#include "gui/scene/topology_tokens.hpp"

#include <QCoreApplication>

#include <map>

#include "gui/models/words.hpp"
#include "gui/session/flights.hpp"

namespace flowtank::gui {
namespace {

struct Tokens {
  Q_DECLARE_TR_FUNCTIONS(Tokens)
};

int node_at(const TopologyPlan& plan, const RunReader& run, RecordId id) { return plan.node_of(run.index().lanes().all()[run.index().lane(id)]); }

// Where it was meant for: what is lost never comes there.
int target_of(const TopologyPlan& plan, const RunReader& run, const Flight& flight) {
  if (!flight.lost) return node_at(plan, run, flight.to);
  const Record r = run.raw(flight.to);
  const auto& subscriptions = run.system().subscriptions;
  if (r.place >= subscriptions.size()) return node_at(plan, run, flight.to);
  Lane service;
  service.kind = LaneKind::instance;
  service.index = subscriptions[r.place].service;
  return plan.node_of(service);
}

void draw_one(DisplayList& list, const TopologyPlan& plan, const RunReader& run, std::size_t edge, bool back, const Flight& flight, const std::string& key) {
  const QPointF at = plan.point_on(edge, back ? 1 - flight.share : flight.share);
  const QRectF around(at - QPointF(9, 9), QSizeF(18, 18));
  const QString message = text_of(run.message(flight.from));
  QString tip = message.isEmpty() ? text_of(run.sentence(flight.from)) : message;
  tip += QLatin1Char('\n') + Tokens::tr("on its way since %1, until %2").arg(text_of(run.time(flight.from)), text_of(run.time(flight.to)));
  if (flight.struck) tip += QLatin1Char('\n') + Tokens::tr("a second copy, made by a fault");
  if (flight.lost) tip += QLatin1Char('\n') + Tokens::tr("it will be lost");
  list.box(around.adjusted(2, 2, -2, -2), Role::base, std::nullopt, 0, 3);
  if (flight.struck || flight.lost) {
    list.symbol(flight.lost ? Symbol::loss : Symbol::duplicate, at, 15);
  } else {
    const bool same = !key.empty() && run.key(flight.from) == key;
    list.box(QRectF(at - QPointF(4.5, 4.5), QSizeF(9, 9)), same ? std::optional(Role::accent) : std::optional(Role::base), same ? Role::accent : Role::dim, 1.5, 1.5);
  }
  list.hit(around, flight.from, tip);
}

void draw_many(DisplayList& list, const TopologyPlan& plan, std::size_t edge, bool back, const std::vector<Flight>& flights) {
  const QPointF at = plan.point_on(edge, back ? 0.35 : 0.65);
  const QString number = QStringLiteral("%1").arg(flights.size());
  const QRectF plate(at - QPointF(20, 9), QSizeF(40, 18));
  list.box(plate, Role::base, Role::dim, 1.2, 4);
  list.box(QRectF(plate.left() + 5, at.y() - 4.5, 9, 9), Role::base, Role::dim, 1.5, 1.5);
  list.text(plate.adjusted(15, 0, -3, 0), number, Role::text, {11, true, true, false, TextAlign::right});
  list.hit(plate, flights.front().from, Tokens::tr("%1 messages are on their way here; the next one arrives first").arg(number));
}

}  // namespace

void draw_tokens(DisplayList& list, const TopologyPlan& plan, const RunReader& run, RecordId at, std::int64_t position) {
  std::map<std::pair<std::size_t, bool>, std::vector<Flight>> links;
  std::size_t all = 0;
  for (const Flight& flight : flights_at(run, at, position)) {
    const int from = node_at(plan, run, flight.from), to = target_of(plan, run, flight);
    for (std::size_t e = 0; e < plan.edges.size() && from >= 0 && to >= 0 && from != to; ++e) {
      const bool along = static_cast<int>(plan.edges[e].from) == from && static_cast<int>(plan.edges[e].to) == to;
      const bool back = static_cast<int>(plan.edges[e].from) == to && static_cast<int>(plan.edges[e].to) == from;
      if (!along && !back) continue;
      // An answer takes the way of its request; what has a link of its own takes that.
      if (back && run.index().kind(flight.to) != RecordKind::command_answered) continue;
      links[{e, back}].push_back(flight);
      ++all;
      break;
    }
  }
  const std::string key = at < run.size() ? run.key(at) : "";
  for (const auto& [link, flights] : links) {
    if (flights.size() > most_tokens) {
      draw_many(list, plan, link.first, link.second, flights);
      continue;
    }
    for (const Flight& flight : flights) draw_one(list, plan, run, link.first, link.second, flight, key);
  }
  if (all != 0) list.description += QLatin1Char(' ') + Tokens::tr("%1 on the way.").arg(text_of(reports::counted(all, "message")));
}

DisplayList token_legend(const TextMeasure& measure) {
  DisplayList list;
  double x = 10;
  const TextStyle style{11};
  const auto entry = [&](const QString& words, const auto& shape) {
    shape(QPointF(x + 8, 13));
    const double width = measure(words, style) + 2;
    list.text(QRectF(x + 21, 4, width, 18), words, Role::dim, style);
    x += 21 + width + 16;
  };
  const auto square = [&](std::optional<Role> fill, Role stroke) {
    return [&list, fill, stroke](QPointF at) { list.box(QRectF(at - QPointF(4.5, 4.5), QSizeF(9, 9)), fill, stroke, 1.5, 1.5); };
  };
  entry(Tokens::tr("waiting, or of this key"), square(Role::accent, Role::accent));
  entry(Tokens::tr("on its way"), square(Role::base, Role::dim));
  entry(Tokens::tr("second copy"), [&](QPointF at) { list.symbol(Symbol::duplicate, at, 14); });
  entry(Tokens::tr("lost"), [&](QPointF at) { list.symbol(Symbol::loss, at, 14); });
  list.size = QSizeF(x, 26);
  list.description = Tokens::tr("Squares are messages, two squares a second copy that a fault made, a crossed envelope one that gets lost.");
  return list;
}

}  // namespace flowtank::gui
