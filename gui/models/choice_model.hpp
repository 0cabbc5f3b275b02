// SPDX-License-Identifier: Apache-2.0
// What is possible at a crossroads as a list: the words of each action, whether the environment or the system does it, and which
// of them the run took. Words that are typed leave only those that have them all.
#pragma once

#include <QAbstractListModel>

#include <vector>

#include "gui/session/forks.hpp"

namespace flowtank::gui {

class ChoiceModel final : public QAbstractListModel {
  Q_OBJECT
 public:
  enum Role { fault_role = Qt::UserRole, taken_role };
  using QAbstractListModel::QAbstractListModel;

  void show(std::vector<Choice> choices);
  void filter(const QString& words);
  // nullptr when there is no such row.
  const Choice* choice(int row) const;
  std::size_t total() const { return choices_.size(); }
  // The first that the run did not take; -1 when there is none.
  int first_other() const;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;

 private:
  std::vector<Choice> choices_;
  std::vector<std::size_t> shown_;
};

}  // namespace flowtank::gui
