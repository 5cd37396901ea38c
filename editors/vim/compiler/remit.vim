" :make FILE or :make FOLDER checks a policy; what is wrong goes to the quickfix list.
if exists('current_compiler')
  finish
endif
let current_compiler = 'remit'
CompilerSet makeprg=remit\ check\ --no-color\ $*
CompilerSet errorformat=%E%trror[%m,%W%tarning[%m,%E错误[%m,%W警告[%m,%Z\ -->\ %f:%l:%c,%-G%.%#
