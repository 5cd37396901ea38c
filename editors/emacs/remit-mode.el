;;; remit-mode.el --- Remit in Emacs  -*- lexical-binding: t; coding: utf-8 -*-
;; Colours, remarks, `M-x compile' for what is wrong and `M-x remit-format' for the layout.

;;; Code:
(require 'compile)
(require 'remit-words)

(defvar remit-mode-syntax-table
  (let ((table (make-syntax-table)))
    (modify-syntax-entry ?- ". 12" table)
    (modify-syntax-entry ?\n ">" table)
    (modify-syntax-entry ?_ "w" table)
    (modify-syntax-entry ?“ "|" table)
    (modify-syntax-entry ?” "|" table)
    table)
  "A remark from -- to the end of the line; texts in either kind of quotes.")

(defun remit--spelt (words)
  "An expression for WORDS; between the words of one any blanks."
  (mapconcat (lambda (word) (mapconcat #'regexp-quote (split-string word " ") "[ \t\n]+")) words "\\|"))

(defun remit--free (words behind)
  "Finds WORDS that stand free, and before no colon unless BEHIND."
  (let ((expression (concat "\\(?:^\\|[^[:word:].．]\\)\\(" (remit--spelt words) "\\)\\_>\\(?:[^[:word:]]\\|$\\)")))
    (lambda (limit)
      (let (found)
        (while (and (not found) (re-search-forward expression limit t))
          (goto-char (match-end 1))
          (setq found (or behind (not (save-match-data (looking-at "[ \t]*[:：]"))))))
        found))))

(defvar remit-font-lock-keywords
  (let (several single)
    (dolist (row remit-words)
      (let* ((face (list 1 (nth 1 row)))
             (words (cddr row))
             (long (seq-filter (lambda (word) (string-match-p " " word)) words))
             (short (seq-remove (lambda (word) (string-match-p " " word)) words)))
        (cond ((eq (car row) 'property)
               (push (list (concat "[.．]\\(" (remit--spelt words) "\\)\\_>") 1 (nth 1 row)) single))
              (t (when long (push (cons (remit--free long nil) (list face)) several))
                 (when short
                   (push (cons (remit--free short (eq (car row) 'before-colon)) (list face)) single))))))
    (append several single)))

(defun remit-format ()
  "Lay the buffer out by `remit fmt'; with mistakes it stays as it is."
  (interactive)
  (let ((out (generate-new-buffer " *remit fmt*")) (at (point)))
    (unwind-protect
        (if (zerop (call-process-region nil nil "remit" nil (list out nil) nil "fmt" "-"))
            (progn (replace-buffer-contents out) (goto-char (min at (point-max))))
          (message "remit fmt: the text has mistakes; M-x compile tells them"))
      (kill-buffer out))))

;;;###autoload
(define-derived-mode remit-mode prog-mode "Remit"
  "Policies in Remit."
  (setq-local comment-start "-- ")
  (setq-local comment-end "")
  (setq-local indent-tabs-mode nil)
  (setq-local font-lock-defaults '(remit-font-lock-keywords))
  (setq-local compile-command
              (concat "remit check --no-color "
                      (if buffer-file-name (shell-quote-argument (file-name-nondirectory buffer-file-name)) "."))))

(add-to-list 'compilation-error-regexp-alist-alist
             '(remit "^ --> \\(.*\\):\\([0-9]+\\):\\([0-9]+\\)$" 1 2 3))
(add-to-list 'compilation-error-regexp-alist 'remit)

;;;###autoload
(add-to-list 'auto-mode-alist '("\\.remit\\'" . remit-mode))

(provide 'remit-mode)
;;; remit-mode.el ends here
