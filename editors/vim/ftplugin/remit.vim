" Remit: two blanks, remarks, `remit fmt` for gq over all, :make PATH for what is wrong.
if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1
setlocal expandtab shiftwidth=2 softtabstop=2 commentstring=--\ %s comments=:-- iskeyword=@,48-57,_,128-255
setlocal formatprg=remit\ fmt\ -
compiler remit
let b:undo_ftplugin = 'setlocal expandtab< shiftwidth< softtabstop< commentstring< comments< iskeyword< formatprg< makeprg< errorformat<'
