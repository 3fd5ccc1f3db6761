package cli

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
)

// logFile is the record of an action that writes: JSON lines, readable by its owner alone. Its methods work on nil, which
// records nothing.
type logFile struct {
	*slog.Logger
	file *os.File
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
	s.log = &logFile{slog.New(slog.NewJSONHandler(f, nil)), f}
	s.doc.head().Files.Log = name
	s.log.Info("begin", "action", s.action, "version", s.app.env.Version, "config", s.cfg.File, "sg_name", s.cfg.Names.SGName,
		"account_id", s.cfg.AccountID, "region", s.cfg.Region, "sandbox", s.app.opt.sandbox)
	return nil
}

// record writes one line, where there is a log.
func (l *logFile) record(message string, args ...any) {
	if l != nil {
		l.Info(message, args...)
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
	l.Info("end", args...)
	if err := l.file.Close(); err != nil {
		return fmt.Errorf("close log %s: %w", l.file.Name(), err)
	}
	return nil
}
