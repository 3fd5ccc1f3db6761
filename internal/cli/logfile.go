package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"mlops-infra-suite/internal/progress"
	"mlops-infra-suite/internal/stack"
)

// logFile is the record of an action that writes: JSON lines, each with its time and event, readable by its owner alone.
// Its methods work on nil, which records nothing.
type logFile struct {
	logger *slog.Logger
	events progress.Handler // writes the stack's events, in the same form
	file   *os.File
}

// openLog begins the action's log in the folder of reports. A dry run writes none.
func (s *session) openLog() error {
	if s.app.opt.dryRun {
		return nil
	}
	name := s.cfg.Names.Log(s.settings.Folders.Reports, s.action, s.app.env.Now().UTC().Format("20060102T150405Z"))
	path := s.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return unwritable(name, err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return unwritable(name, err)
	}
	s.log = &logFile{slog.New(slog.NewJSONHandler(f, &slog.HandlerOptions{ReplaceAttr: logAttr})), progress.NewJSON(f), f}
	s.doc.head().Files.Log = name
	s.log.record("begin", "action", s.action, "version", s.app.env.Version, "config", s.cfg.File, "sg_name", s.cfg.Names.SGName,
		"account_id", s.cfg.AccountID, "region", s.cfg.Region, "sandbox", s.app.opt.sandbox)
	return nil
}

// logAttr names slog's fields as progress names them. All lines are of one level.
func logAttr(_ []string, a slog.Attr) slog.Attr {
	switch a.Key {
	case slog.LevelKey:
		return slog.Attr{}
	case slog.MessageKey:
		a.Key = "event"
	}
	return a
}

// record writes one line.
func (l *logFile) record(event string, args ...any) {
	if l != nil {
		l.logger.Info(event, args...)
	}
}

// stackEvent writes one event of the stack.
func (l *logFile) stackEvent(e stack.Event) {
	if l != nil {
		l.events.Handle(e)
	}
}

// close ends the log with the outcome.
func (l *logFile) close(h *header) error {
	if l == nil {
		return nil
	}
	args := []any{"status", h.Status}
	if h.Error != nil {
		args = append(args, "code", h.Error.Code, "error", h.Error.Message)
	}
	l.record("end", args...)
	if err := errors.Join(l.events.Close(), l.file.Close()); err != nil {
		return fmt.Errorf("close log %s: %w", l.file.Name(), err)
	}
	return nil
}
