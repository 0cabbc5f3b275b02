// SPDX-License-Identifier: Apache-2.0
// The window: menus, tool bar, docks, status bar, and nothing else. Views are made here and know only the desk; what
// commands do is done by the session and the stage. Every command is an action with a text and a tip in a menu, most with a key,
// so that all of it is reached from the keyboard.
#pragma once

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QMainWindow>
#include <QProgressBar>
#include <QSlider>
#include <QStackedWidget>
#include <QTimer>
#include <QToolButton>

#include <map>
#include <optional>

#include "gui/session/kept_files.hpp"
#include "gui/widgets/desk.hpp"

namespace flowtank::gui {

class CauseView;
class ChartsView;
class CompareView;
class EventsView;
class FaultsView;
class ForkDialog;
class ProblemsView;
class SequenceView;
class StateView;
class TimelineView;
class TopologyView;
class VerdictsView;
class WelcomePage;

enum class Perspective : std::uint8_t { explore, diagnose, compare, problems };

class MainWindow final : public QMainWindow {
  Q_OBJECT
 public:
  // `scenarios` is the folder of the examples; may be empty. With `remember` windows and recent files outlive the program.
  MainWindow(std::vector<std::string> model_path, QString scenarios, bool remember = true);
  ~MainWindow() override;

  void open_file(const QString& file);
  // The first in this window, beside the second.
  void compare_files(const QString& a, const QString& b);
  void run_example(int number);
  void set_scheme(Scheme scheme) { appearance_.set_scheme(scheme); }
  void show_perspective(Perspective perspective);
  void go_home();

  Session& session() { return session_; }
  Stage& stage() { return stage_; }
  VerdictsView& verdicts() { return *verdicts_; }
  CauseView& cause() { return *cause_; }
  EventsView& events() { return *events_; }
  ProblemsView& problems() { return *problems_; }
  StateView& state() { return *state_; }
  SequenceView& sequence() { return *sequence_; }
  TopologyView& topology() { return *topology_; }
  TimelineView& timeline() { return *timeline_; }
  CompareView& compare() { return *compare_; }
  ChartsView& charts() { return *charts_; }
  FaultsView& faults() { return *faults_; }
  // The seed that is typed in; nothing where the scenario's own is meant.
  std::optional<std::uint64_t> seed() const;
  QLineEdit& seed_field() { return *seed_; }
  // Asks for another action at the focus; nullptr and a sentence in the status bar where that is not possible.
  ForkDialog* fork();
  // Writes the run in focus as a counterexample, with its scenario beside it where that is not the file on disk; a sentence when it
  // could not be written.
  QString save_counterexample(const QString& file) const;
  // Writes the scenario with the seed and the options that are set; a sentence when it could not be written.
  QString save_scenario(const QString& file) const;
  // Jobs of the session; what cannot be started is said in the status bar.
  void write_report(const QString& file);
  void shrink();
  bool can_save_counterexample() const;

  // Where docks are, by a name of the user's.
  QStringList layouts() const;
  void save_layout(const QString& name);
  bool restore_layout(const QString& name);
  void remove_layout(const QString& name);
  WelcomePage& welcome() { return *welcome_; }
  bool welcomes() const;
  // By its object name ("run", "next-fault"); nullptr when there is none.
  QAction* action(const QString& name) const;
  QString status_text() const { return stopped_->text(); }

 protected:
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;
  void closeEvent(QCloseEvent* event) override;

 private:
  struct Command {
    const char* name;
    QString text;
    QString tip;
    QList<QKeySequence> keys;
    std::function<void()> act;
  };
  QAction* add(QMenu* menu, Command command);
  void size_docks(Perspective perspective);
  void make_views();
  void make_menus();
  void make_file_menu();
  void make_kept_commands(QMenu* menu);
  void make_play_commands(QMenu* menu);
  void make_speed_choice(QToolBar* bar);
  void show_playing();
  void make_run_menu();
  void make_go_menu();
  void make_edit_menu();
  void make_view_menu();
  void make_layout_menu();
  void to_next_view(int direction);
  void apply_preferences();
  void show_preferences();
  void make_tool_bar();
  void make_status_bar();
  void make_message_bar();
  void connect_session();
  QDockWidget* dock(QWidget* view, const QString& name, const QString& title);

  void choose_file();
  void remember_file(const QString& file);
  void show_busy();
  void show_snapshot(bool same_file);
  void show_problems();
  void show_focus();
  void icons();
  void export_picture();
  void show_keys();
  void show_about();
  Picture* picture_in_focus() const;
  std::optional<JobRequest> of_what_is_shown(JobKind kind) const;
  QString not_of_what_is_shown() const;
  KeptLog keep_counterexample(const QString& file) const;
  // What was set for the file that is open; nothing where another one is still shown.
  std::vector<std::string> overrides() const;

  Appearance appearance_;
  Session session_;
  Stage stage_;
  QString scenarios_;
  bool remember_;
  QStringList recent_;
  std::map<QString, QAction*> actions_;
  std::map<QString, QDockWidget*> docks_;
  QMenu* view_menu_ = nullptr;

  QStackedWidget* pages_ = nullptr;
  WelcomePage* welcome_ = nullptr;
  VerdictsView* verdicts_ = nullptr;
  CauseView* cause_ = nullptr;
  EventsView* events_ = nullptr;
  StateView* state_ = nullptr;
  ProblemsView* problems_ = nullptr;
  SequenceView* sequence_ = nullptr;
  TopologyView* topology_ = nullptr;
  TimelineView* timeline_ = nullptr;
  CompareView* compare_ = nullptr;
  ChartsView* charts_ = nullptr;
  FaultsView* faults_ = nullptr;
  std::map<QString, QByteArray> layouts_;  // of this session, where nothing is remembered

  QFrame* message_ = nullptr;
  QLabel* message_words_ = nullptr;
  QLabel* title_ = nullptr;
  QLineEdit* seed_ = nullptr;
  QComboBox* speed_ = nullptr;
  QSlider* scrubber_ = nullptr;
  QLabel* time_ = nullptr;
  QLabel* stopped_ = nullptr;
  QLabel* facts_ = nullptr;
  QProgressBar* progress_ = nullptr;
  QToolButton* cancel_ = nullptr;
  bool following_ = false;
};

}  // namespace flowtank::gui
