// SPDX-License-Identifier: Apache-2.0
// How tables of this desktop draw their rows: verdicts with their shape, strength with its bars, events with the story's
// number and the sign of a fault or violation, changed rows with their tint. One class for each table.
#pragma once

#include <QStyledItemDelegate>

#include "gui/widgets/appearance.hpp"

namespace flowtank::gui {

class VerdictDelegate final : public QStyledItemDelegate {
 public:
  VerdictDelegate(const Appearance& appearance, QObject* parent) : QStyledItemDelegate(parent), appearance_(appearance) {}
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

 private:
  const Appearance& appearance_;
};

class EventDelegate final : public QStyledItemDelegate {
 public:
  EventDelegate(const Appearance& appearance, QObject* parent) : QStyledItemDelegate(parent), appearance_(appearance) {}
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

 private:
  const Appearance& appearance_;
};

class StateDelegate final : public QStyledItemDelegate {
 public:
  StateDelegate(const Appearance& appearance, QObject* parent) : QStyledItemDelegate(parent), appearance_(appearance) {}
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

 private:
  const Appearance& appearance_;
};

class ProblemDelegate final : public QStyledItemDelegate {
 public:
  ProblemDelegate(const Appearance& appearance, QObject* parent) : QStyledItemDelegate(parent), appearance_(appearance) {}
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

 private:
  const Appearance& appearance_;
};

class FaultDelegate final : public QStyledItemDelegate {
 public:
  FaultDelegate(const Appearance& appearance, QObject* parent) : QStyledItemDelegate(parent), appearance_(appearance) {}
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

 private:
  const Appearance& appearance_;
};

class DifferenceDelegate final : public QStyledItemDelegate {
 public:
  DifferenceDelegate(const Appearance& appearance, QObject* parent) : QStyledItemDelegate(parent), appearance_(appearance) {}
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

 private:
  const Appearance& appearance_;
};

// The steps of a story; rows are as high as their text.
class StoryDelegate final : public QStyledItemDelegate {
 public:
  StoryDelegate(const Appearance& appearance, QObject* parent) : QStyledItemDelegate(parent), appearance_(appearance) {}
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

 private:
  const Appearance& appearance_;
};

}  // namespace flowtank::gui
