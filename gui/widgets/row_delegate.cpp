// SPDX-License-Identifier: Apache-2.0
// See row_delegate.hpp. Each delegate paints the background first, then shapes, then words, all from roles of its model.
#include "gui/widgets/row_delegate.hpp"

#include <QListView>
#include <QPainter>

#include "gui/models/difference_model.hpp"
#include "gui/models/event_model.hpp"
#include "gui/models/fault_model.hpp"
#include "gui/models/problem_model.hpp"
#include "gui/models/state_model.hpp"
#include "gui/models/story_model.hpp"
#include "gui/models/verdict_model.hpp"
#include "gui/scene/paint.hpp"
#include "gui/theme/symbols.hpp"

namespace flowtank::gui {
namespace {

// Background of a row; the selected one has the accent's tint and, in its first column, the accent's edge.
void background(QPainter& painter, const Theme& theme, const QStyleOptionViewItem& option, const QModelIndex& index, std::optional<Role> tint = {}) {
  const bool selected = (option.state & QStyle::State_Selected) != 0;
  painter.fillRect(option.rect, selected ? theme[Role::accent_tint] : theme[tint.value_or(Role::base)]);
  if (selected && index.column() == 0) painter.fillRect(QRect(option.rect.left(), option.rect.top(), 3, option.rect.height()), theme[Role::accent]);
}

void words(QPainter& painter, const QStyleOptionViewItem& option, int left, const QString& text, const QColor& ink, const TextStyle& style, int align = Qt::AlignVCenter | Qt::AlignLeft) {
  const QFont font = font_of(style);
  painter.setFont(font);
  painter.setPen(ink);
  const QRect in = option.rect.adjusted(left, 0, -7, 0);
  painter.drawText(in, align, QFontMetrics(font).elidedText(text, Qt::ElideRight, in.width()));
}

}  // namespace

void VerdictDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const Theme& theme = appearance_.theme();
  painter->save();
  background(*painter, theme, option, index);
  const auto kind = static_cast<VerdictKind>(index.data(VerdictModel::kind_role).toInt());
  const QString text = index.data().toString();
  const bool selected = (option.state & QStyle::State_Selected) != 0;
  if (index.column() == VerdictModel::verdict) {
    draw_symbol(*painter, theme, symbol_of(kind), QPointF(option.rect.left() + 16, option.rect.center().y() + 0.5), 15);
    words(*painter, option, 30, text, theme[text_role_of(kind)], {12, true});
  } else if (index.column() == VerdictModel::strength) {
    const int bars = index.data(VerdictModel::strength_role).toInt();
    if (bars > 0) draw_bars(*painter, theme, bars, QRectF(option.rect.left() + 7, option.rect.top(), 18, option.rect.height()));
    words(*painter, option, bars > 0 ? 30 : 7, text, theme[Role::text], {12});
  } else {
    words(*painter, option, 7, text, theme[index.column() == VerdictModel::evidence ? Role::dim : Role::text], {12.5, selected && index.column() == VerdictModel::property});
  }
  painter->restore();
}

void EventDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const Theme& theme = appearance_.theme();
  painter->save();
  const auto weight = static_cast<Weight>(index.data(EventModel::weight_role).toInt());
  const std::optional<Role> tint = weight == Weight::violation ? std::optional(Role::fail_tint) : weight == Weight::fault ? std::optional(Role::fault_tint) : std::nullopt;
  background(*painter, theme, option, index, tint);
  const int column = index.column();
  const bool mono = column == EventModel::event || column == EventModel::time;
  const Role ink = weight == Weight::violation ? Role::fail_text : weight == Weight::fault ? Role::fault_text : column == EventModel::what || mono ? Role::text : Role::dim;
  const int align = Qt::AlignVCenter | (mono ? Qt::AlignRight : Qt::AlignLeft);
  int left = 7;
  if (column == EventModel::what) {
    const int step = index.data(EventModel::step_role).toInt();
    const QPointF at(option.rect.left() + 15, option.rect.center().y() + 0.5);
    if (step != 0) draw_symbol(*painter, theme, symbol_of(static_cast<StepLook>(index.data(EventModel::look_role).toInt())), at, 17, QString::number(step));
    else if (weight == Weight::violation) draw_symbol(*painter, theme, Symbol::fail, at, 15);
    else if (weight == Weight::fault) draw_symbol(*painter, theme, Symbol::other_fault, at, 14);
    if (step != 0 || weight != Weight::ordinary) left = 30;
  }
  words(*painter, option, left, index.data().toString(), theme[ink], {mono ? 11.5 : 12.5, weight == Weight::violation && column == EventModel::what, mono}, align);
  painter->restore();
}

void StateDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const Theme& theme = appearance_.theme();
  painter->save();
  const auto mark = static_cast<RowMark>(index.data(StateModel::mark_role).toInt());
  const std::optional<Role> tint = mark == RowMark::added     ? std::optional(Role::pass_tint)
                                   : mark == RowMark::changed ? std::optional(Role::unsure_tint)
                                   : mark == RowMark::removed ? std::optional(Role::fail_tint)
                                                              : std::nullopt;
  background(*painter, theme, option, index, tint);
  const Role sign = mark == RowMark::added ? Role::pass_text : mark == RowMark::changed ? Role::unsure_text : Role::fail_text;
  const bool changed = index.data(StateModel::cell_changed_role).toBool();
  const QString text = index.data().toString();
  bool number = false;
  text.toDouble(&number);
  const int align = Qt::AlignVCenter | (index.column() == 0 ? Qt::AlignHCenter : number ? Qt::AlignRight : Qt::AlignLeft);
  words(*painter, option, index.column() == 0 ? 3 : 7, text, theme[index.column() == 0 ? sign : changed ? Role::unsure_text : mark == RowMark::removed ? Role::dim : Role::text],
        {12, changed || index.column() == 0, true}, align);
  painter->restore();
}

void ProblemDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const Theme& theme = appearance_.theme();
  painter->save();
  background(*painter, theme, option, index);
  const auto severity = static_cast<Severity>(index.data(ProblemModel::severity_role).toInt());
  const int column = index.column();
  const QString text = index.data().toString();
  if (column == ProblemModel::severity) {
    draw_symbol(*painter, theme, severity == Severity::error ? Symbol::fail : Symbol::inconclusive, QPointF(option.rect.left() + 16, option.rect.center().y() + 0.5), 15);
    words(*painter, option, 30, text, theme[severity == Severity::error ? Role::fail_text : Role::unsure_text], {12, true});
  } else {
    const bool mono = column == ProblemModel::position || column == ProblemModel::pointer || column == ProblemModel::code;
    const Role ink = column == ProblemModel::suggestion ? Role::accent : column == ProblemModel::pointer || column == ProblemModel::code ? Role::dim : Role::text;
    words(*painter, option, 7, text, theme[ink], {mono ? 11.5 : 12.5, false, mono});
  }
  painter->restore();
}

void FaultDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const Theme& theme = appearance_.theme();
  painter->save();
  const bool struck = index.data(FaultModel::struck_role).toBool(), leads = index.data(FaultModel::leads_role).toBool();
  background(*painter, theme, option, index, leads ? std::optional(Role::fault_tint) : std::nullopt);
  const int column = index.column();
  const Role ink = !struck ? Role::dim : column == FaultModel::fault || leads ? Role::fault_text : column == FaultModel::where ? Role::dim : Role::text;
  int left = 7;
  if (column == FaultModel::fault) {
    draw_symbol(*painter, theme, symbol_of(static_cast<FaultKind>(index.data(FaultModel::kind_role).toInt())), QPointF(option.rect.left() + 16, option.rect.center().y() + 0.5), 15);
    left = 30;
  }
  const bool mono = column == FaultModel::time;
  words(*painter, option, left, index.data().toString(), theme[ink], {mono ? 11.5 : 12.5, leads && column == FaultModel::outcome, mono}, Qt::AlignVCenter | (mono ? Qt::AlignRight : Qt::AlignLeft));
  painter->restore();
}

void DifferenceDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const Theme& theme = appearance_.theme();
  painter->save();
  const bool differs = index.data(DifferenceModel::differs_role).toBool();
  background(*painter, theme, option, index, differs ? std::optional(Role::unsure_tint) : std::nullopt);
  const QVariant kind = index.data(DifferenceModel::kind_role);
  const QString text = index.data().toString();
  if (kind.isValid()) {
    const auto verdict = static_cast<VerdictKind>(kind.toInt());
    draw_symbol(*painter, theme, symbol_of(verdict), QPointF(option.rect.left() + 16, option.rect.center().y() + 0.5), 14);
    words(*painter, option, 30, text, theme[text_role_of(verdict)], {12, differs});
  } else if (index.column() == DifferenceModel::sign) {
    words(*painter, option, 0, text, theme[differs ? Role::unsure_text : Role::dim], {13, differs}, Qt::AlignCenter);
  } else {
    words(*painter, option, 7, text, theme[Role::text], {12.5, differs && index.column() == DifferenceModel::what});
  }
  painter->restore();
}

namespace {

constexpr int step_left = 40, step_right = 60;

QRect sentence_box(const QRect& row) { return row.adjusted(step_left, 5, -step_right, -5); }

QFont sentence_font(const QModelIndex& index) {
  const auto look = static_cast<StepLook>(index.data(StoryModel::look_role).toInt());
  return font_of({13, look == StepLook::fault || look == StepLook::violation});
}

}  // namespace

void StoryDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const Theme& theme = appearance_.theme();
  painter->save();
  const auto look = static_cast<StepLook>(index.data(StoryModel::look_role).toInt());
  const std::optional<Role> tint = look == StepLook::fault ? std::optional(Role::fault_tint) : look == StepLook::violation ? std::optional(Role::fail_tint) : std::nullopt;
  painter->fillRect(option.rect, theme[tint.value_or(Role::base)]);
  if ((option.state & QStyle::State_Selected) != 0) {
    if (!tint) painter->fillRect(option.rect, theme[Role::accent_tint]);
    painter->fillRect(QRect(option.rect.left(), option.rect.top(), 4, option.rect.height()), theme[Role::accent]);
  }
  const Symbol circle = symbol_of(look);
  draw_symbol(*painter, theme, circle, QPointF(option.rect.left() + 22, option.rect.top() + 15), 20, QString::number(index.data(StoryModel::number_role).toInt()));
  painter->setFont(sentence_font(index));
  painter->setPen(theme[look == StepLook::fault ? Role::fault_text : look == StepLook::violation ? Role::fail_text : Role::text]);
  painter->drawText(sentence_box(option.rect), Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, index.data().toString());
  QFont mono = font_of({11.5, false, true});
  mono.setUnderline(true);
  painter->setFont(mono);
  painter->setPen(theme[Role::accent]);
  painter->drawText(option.rect.adjusted(0, 6, -10, 0), Qt::AlignRight | Qt::AlignTop, index.data(StoryModel::event_role).toString());
  painter->restore();
}

QSize StoryDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const auto* view = qobject_cast<const QListView*>(option.widget);
  const int width = view != nullptr ? view->viewport()->width() : 320;
  const QRect in = sentence_box(QRect(0, 0, width, 1000));
  const QRect needed = QFontMetrics(sentence_font(index)).boundingRect(QRect(0, 0, in.width(), 1000), Qt::TextWordWrap, index.data().toString());
  return {width, std::max(30, needed.height() + 10)};
}

}  // namespace flowtank::gui
