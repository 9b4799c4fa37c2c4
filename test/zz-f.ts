import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, statSync } from 'node:fs';
import { checkDataFile } from '../state/data-file.js';
const dir='/tmp/heal/fz'; rmSync(dir,{recursive:true,force:true});
for (let i=0;i<25;i++){ const c=spawn(process.execPath,['--import','tsx','test/zz-w.ts',dir],{stdio:['ignore','pipe','inherit']}); await once(c.stdout,'data'); await new Promise(r=>setTimeout(r,Math.random()*1500)); c.kill('SIGKILL'); await once(c,'exit');
 const v=await checkDataFile(dir+'/data.mdb'); console.log(i,JSON.stringify(v),statSync(dir+'/data.mdb').size); if(v.kind!=='sound')process.exit(1);}
